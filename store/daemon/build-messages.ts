/** What a client sees of builds: one activity for all of them, one for each, with its log and phases. */
import type { BuildEvent } from "../build/events.ts";
import { ACTIVITY, LEVEL, RESULT } from "./protocol.ts";
import type { Session } from "./session.ts";

export class BuildMessages {
  readonly #session: Session;
  readonly #all: number;
  readonly #answered: string | null;
  readonly #activities = new Map<string, number>();
  #planned = 0;
  #done = 0;
  #failed = 0;

  /** @param answered what the answer tells of by itself, so that nothing is told twice */
  constructor(session: Session, answered: string | null) {
    this.#session = session;
    this.#answered = answered;
    this.#all = session.startActivity(ACTIVITY.builds, "", []);
  }

  show(event: BuildEvent): void {
    if (event.type === "plan") {
      this.#planned += event.buildCount + event.downloadCount;
      this.#showProgress();
    } else if (event.type === "started") this.#start(event);
    else if (event.type === "finished") this.#finish(event);
    else if (event.type === "warning") this.#session.say(LEVEL.warn, `warning: ${event.message}`);
    else if (event.type === "substituting" || event.type === "substituted") this.#showFetch(event);
    else if (event.type === "substitute-progress") this.#showFetchProgress(event);
    else this.#showDetail(event);
  }

  #showFetch(event: BuildEvent & { readonly type: "substituting" | "substituted" }): void {
    if (event.type === "substituting") {
      const text = `copying path '${event.path}' from '${event.from}'`;
      const activity = this.#session.startActivity(ACTIVITY.copyPath, text, [event.path, event.from, "local"]);
      this.#activities.set(event.path, activity);
      return;
    }
    const activity = this.#activities.get(event.path);
    this.#activities.delete(event.path);
    if (event.error !== undefined) this.#session.say(LEVEL.error, `error: ${event.error.message}`);
    if (activity !== undefined) this.#session.stopActivity(activity);
  }

  #showFetchProgress({ path, doneBytes, totalBytes }: BuildEvent & { readonly type: "substitute-progress" }): void {
    const activity = this.#activities.get(path);
    if (activity !== undefined) this.#session.result(activity, RESULT.progress, [doneBytes, totalBytes ?? 0, 0, 0]);
  }

  #start(event: BuildEvent & { readonly type: "started" }): void {
    const text = event.kind === "download" ? `fetching '${event.drvPath}'` : `building '${event.drvPath}'`;
    const fields = [event.drvPath, "", 1, 1];
    this.#activities.set(event.drvPath, this.#session.startActivity(ACTIVITY.build, text, fields));
    this.#showProgress();
  }

  #showDetail(event: BuildEvent & { readonly type: "log" | "phase" | "progress" }): void {
    const activity = this.#activities.get(event.drvPath);
    if (activity === undefined || !this.#session.wants(event)) return;
    if (event.type === "log") this.#session.result(activity, RESULT.buildLogLine, [event.line]);
    else if (event.type === "phase") this.#session.result(activity, RESULT.setPhase, [event.phase]);
    else this.#session.result(activity, RESULT.progress, [event.doneBytes, event.totalBytes ?? 0, 0, 0]);
  }

  #finish(event: BuildEvent & { readonly type: "finished" }): void {
    const activity = this.#activities.get(event.drvPath);
    this.#activities.delete(event.drvPath);
    if (event.outcome === "built" || event.outcome === "cached") this.#done += 1;
    else this.#failed += 1;
    if (event.error !== undefined && event.drvPath !== this.#answered) {
      const { message, details = "" } = event.error;
      const tail = details === "" ? "" : `\n${details.trimEnd().replace(/^/gm, "> ")}`;
      this.#session.say(LEVEL.error, `error: ${message}${tail}`);
    }
    if (activity !== undefined) this.#session.stopActivity(activity);
    this.#showProgress();
  }

  #showProgress(): void {
    const fields = [this.#done, this.#planned, this.#activities.size, this.#failed];
    this.#session.result(this.#all, RESULT.progress, fields);
  }

  end(): void {
    for (const activity of this.#activities.values()) this.#session.stopActivity(activity);
    this.#session.stopActivity(this.#all);
  }
}
