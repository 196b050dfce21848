import type { BuildContext } from "./build-context.ts";
import type { BuildDeadline } from "./build-deadline.ts";
import type { BuildLog } from "./build-log.ts";
import type { Goal } from "./goal-graph.ts";

/** One build under way. Outputs are made in `<folder>/store`, under their final base names. */
export interface BuildWork {
  readonly goal: Goal;
  readonly context: BuildContext;
  /** Private, and removed with the build. */
  readonly folder: string;
  /** Store paths the builder may see: the closure of the inputs. */
  readonly inputs: ReadonlySet<string>;
  readonly log: BuildLog;
  readonly deadline: BuildDeadline;
}
