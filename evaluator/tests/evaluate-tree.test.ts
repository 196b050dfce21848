/** A tree of attributes in several processes: each attribute's end is its own. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { openLocalStore } from "#store/api.ts";
import { type EvaluatedAttribute, type EvaluateTreeOptions, evaluateTree } from "../api.ts";

const root = mkdtempSync(join(tmpdir(), "firn-tree-"));
after(() => rmSync(root, { recursive: true, force: true }));

const prelude = `let mk = name: derivation { inherit name; system = "x86_64-linux"; builder = "/bin/sh"; };`;

async function evaluateAll(
  body: string,
  options: Partial<EvaluateTreeOptions> = {},
): Promise<Map<string, EvaluatedAttribute>> {
  const found = new Map<string, EvaluatedAttribute>();
  const source = { type: "text", text: `${prelude} in ${body}` } as const;
  for await (const attribute of evaluateTree({ source, root, processCount: 2, ...options })) {
    found.set(attribute.attributePath.join("/"), attribute);
  }
  return found;
}

function errorOf(found: EvaluatedAttribute | undefined): string {
  return found !== undefined && "error" in found ? `${found.error.code} ${found.error.message}` : "no error";
}

test("evaluateTree: finds what recurseForDerivations leads to, with forceRecurse all of it", async () => {
  const body = `{
    a = mk "a"; "with.dot" = mk "dot"; number = 1; list = [ (mk "l") ];
    deeper = { recurseForDerivations = true; b = mk "b"; };
    hidden = { c = mk "c"; };
    called = { x ? "d" }: mk x;
  }`;
  const found = await evaluateAll(body);
  assert.deepEqual([...found.keys()].sort(), ["a", "called", "deeper/b", "with.dot"]);
  const all = await evaluateAll(body, { forceRecurse: true, autoArgs: { x: { type: "string", text: "given" } } });
  assert.deepEqual([...all.keys()].sort(), ["a", "called", "deeper/b", "hidden/c", "with.dot"]);
  const called = all.get("called");
  assert.equal(called !== undefined && "derivation" in called ? called.derivation.name : "", "given");
});

test("evaluateTree: derivations are in the store when they are told, with what the .drv says", async () => {
  const body = `{
    top = derivation {
      name = "top"; system = "x86_64-linux"; builder = "/bin/sh"; outputs = [ "out" "dev" ];
      requiredSystemFeatures = [ "kvm" "big-parallel" ]; dep = mk "dep";
    } // { meta.description = "the top"; };
    all = mk "all" // { _hydraAggregate = true; constituents = [ (mk "dep") "top" ]; };
  }`;
  const found = await evaluateAll(body, { meta: true });
  const top = found.get("top");
  const all = found.get("all");
  assert.ok(top !== undefined && "derivation" in top && all !== undefined && "derivation" in all);
  const store = openLocalStore({ root });
  try {
    assert.ok(store.isValidPath(top.derivation.drvPath));
    const written = store.readDerivation(top.derivation.drvPath);
    assert.deepEqual(top.derivation.inputDrvs, Object.fromEntries(written.inputDrvs));
  } finally {
    store.close();
  }
  assert.deepEqual(Object.keys(top.derivation.outputs), ["out", "dev"]);
  assert.deepEqual(top.derivation.requiredSystemFeatures, ["kvm", "big-parallel"]);
  assert.deepEqual(top.derivation.meta, { description: "the top" });
  assert.deepEqual(all.derivation.constituents, {
    drvPaths: Object.keys(top.derivation.inputDrvs ?? {}),
    names: ["top"],
  });
});

test("evaluateTree: an attribute that fails, loops, overflows or takes all memory leaves the others alone", async () => {
  const body = `{
    good1 = mk "good1"; good2 = mk "good2"; good3 = mk "good3";
    fails = throw "no";
    loops = let many = f: builtins.foldl' (a: b: f a) 0 (builtins.genList (x: x) 3000); in many (a: many (b: many (c: c)));
    overflows = let x = { y = x.y; }; in x.y;
    hungry = let f = x: f (x ++ [ x ]); in f [ ];
    hungry2 = builtins.length (builtins.genList (x: x) 300000000);
  }`;
  const found = await evaluateAll(body, { timeoutMs: 6000, memoryLimitMib: 200 });
  assert.match(errorOf(found.get("fails")), /EVAL_THROWN no/);
  assert.match(errorOf(found.get("loops")), /EVAL_TIMEOUT The evaluation took longer than 6 s/);
  assert.match(errorOf(found.get("overflows")), /EVAL_INFINITE_RECURSION/);
  assert.match(errorOf(found.get("hungry")), /EVAL_OUT_OF_MEMORY .* 200 MiB/);
  assert.match(errorOf(found.get("hungry2")), /EVAL_OUT_OF_MEMORY/);
  for (const name of ["good1", "good2", "good3"]) assert.equal(errorOf(found.get(name)), "no error");
  assert.equal(found.size, 8);
});

test("evaluateTree: memory that other attributes filled is no fault of the next one", async () => {
  const filler = (index: number): string => `f${index} = builtins.deepSeq big${index} (mk "f${index}");`;
  const names = Array.from({ length: 6 }, (_, index) => index);
  const lists = names.map((index) => `big${index} = builtins.genList (x: [ x ${index} ]) 700000;`).join(" ");
  const found = await evaluateAll(`let ${lists} in { ${names.map(filler).join(" ")} }`, {
    processCount: 1,
    memoryLimitMib: 220,
  });
  assert.deepEqual(
    names.map((index) => errorOf(found.get(`f${index}`))),
    names.map(() => "no error"),
  );
});

test("evaluateTree: a process that is killed costs at most its attribute, and is replaced", async () => {
  const names = Array.from({ length: 12 }, (_, index) => `a${index}`);
  const slow = "builtins.foldl' (a: b: a + b) 0 (builtins.genList (x: x) 400000)";
  const source = {
    type: "text",
    text: `${prelude} in { ${names.map((n) => `${n} = builtins.seq (${slow}) (mk "${n}");`).join(" ")} }`,
  } as const;
  const found: EvaluatedAttribute[] = [];
  for await (const attribute of evaluateTree({ source, root, processCount: 2 })) {
    found.push(attribute);
    if (found.length === 3) process.kill(childPids()[0] ?? 0, "SIGKILL");
  }
  assert.deepEqual(found.map(({ attributePath }) => attributePath[0] ?? "").sort(), names.toSorted());
  assert.deepEqual(
    found.map(errorOf),
    names.map(() => "no error"),
  );
});

test("evaluateTree: a tree that fails is an error, and a signal ends all processes", async () => {
  await assert.rejects(evaluateAll(`throw "no tree"`), { code: "EVAL_THROWN", message: "no tree" });
  await assert.rejects(evaluateAll(`3`), { code: "EVAL_TYPE" });
  const controller = new AbortController();
  const endless = "let f = x: f (x + 1); in f 0";
  const running = evaluateAll(`{ a = ${endless}; b = ${endless}; }`, { signal: controller.signal });
  setTimeout(() => controller.abort(new Error("enough")), 1500);
  await assert.rejects(running, { message: "enough" });
  assert.deepEqual(childPids(), []);
});

/** Processes that this one has started and that are alive. */
function childPids(): number[] {
  const text = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, "utf8");
  return text
    .split(" ")
    .filter((pid) => pid.trim() !== "")
    .map(Number);
}
