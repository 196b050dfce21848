/**
 * What systemd says about a unit, and what that means for somebody who waits for it. Pure, so that the cases that drivers
 * get wrong (a oneshot that has already ended, a unit between two jobs, an automatic restart) are told apart in tests.
 */

/** Properties by name, as `systemctl show` prints them. */
export type UnitInfo = Readonly<Record<string, string>>;

/** The properties that a verdict needs. */
export const unitProperties: readonly string[] = [
  "Id",
  "LoadState",
  "ActiveState",
  "SubState",
  "Job",
  "Type",
  "Result",
  "ConditionResult",
  "ConditionTimestampMonotonic",
  "InactiveExitTimestampMonotonic",
  "ActiveEnterTimestampMonotonic",
  "ExecMainStatus",
];

/**
 * `reached`: it is active, or a oneshot that has done its work. `failed`: it will not become active by itself. `idle`:
 * inactive without a job, so only something else can still start it. `busy`: on its way.
 */
export type UnitVerdict =
  | { readonly state: "reached" | "busy" }
  | { readonly state: "failed"; readonly reason: string }
  | { readonly state: "idle"; readonly reason: string };

/** Reads `Name=value` lines. */
export function parseUnitInfo(text: string): UnitInfo {
  const info: Record<string, string> = {};
  for (const line of text.split("\n")) {
    const at = line.indexOf("=");
    if (at > 0) info[line.slice(0, at)] = line.slice(at + 1);
  }
  return info;
}

export function judgeUnit(info: UnitInfo): UnitVerdict {
  const { ActiveState: active, LoadState: load, Result: result = "success" } = info;
  if (active === "active" || active === "reloading") return { state: "reached" };
  if (active === "failed") return { state: "failed", reason: `it has failed (result '${result}'${exitStatus(info)})` };
  if (load === "not-found") return { state: "idle", reason: "there is no such unit" };
  if (load === "masked") return { state: "failed", reason: "it is masked" };
  if (active !== "inactive" || hasJob(info)) return { state: "busy" };
  if (hasEndedWell(info)) return { state: "reached" };
  if (info["ConditionResult"] === "no" && wasSet(info["ConditionTimestampMonotonic"])) {
    return { state: "idle", reason: "one of its conditions does not hold" };
  }
  return { state: "idle", reason: "it is inactive and no job is to start it" };
}

/** A oneshot without RemainAfterExit is inactive again when it has done its work. */
function hasEndedWell(info: UnitInfo): boolean {
  const { Type: type, Result: result } = info;
  return type === "oneshot" && result === "success" && wasSet(info["InactiveExitTimestampMonotonic"]);
}

function hasJob(info: UnitInfo): boolean {
  const job = info["Job"] ?? "";
  return job !== "" && job !== "0";
}

function wasSet(timestamp: string | undefined): boolean {
  return timestamp !== undefined && timestamp !== "" && timestamp !== "0";
}

function exitStatus(info: UnitInfo): string {
  const status = info["ExecMainStatus"] ?? "";
  return status === "" || status === "0" ? "" : `, exit status ${status}`;
}
