/**
 * How much is allocated between two scavenges. V8 looks through the whole stack at each of them, so a deep recursion wants few,
 * hence a large young generation; anything else is as fast with a small one and holds less memory. It may grow from the start,
 * but the factor it grows by is 1 until an evaluation goes deep. Flags are the process's: set them before each worker starts.
 */
import { setFlagsFromString } from "node:v8";

const semiSpaceMib = 16;
const deepSemiSpaceMib = 128;

/** For the worker that is started next. */
export function keepYoungGenerationSmall(): void {
  setFlagsFromString(`--min-semi-space-size=${semiSpaceMib}`);
  setFlagsFromString(`--max-semi-space-size=${deepSemiSpaceMib}`);
  setFlagsFromString("--semi-space-growth-factor=1");
}

export function letYoungGenerationGrow(): void {
  setFlagsFromString(`--semi-space-growth-factor=${deepSemiSpaceMib / semiSpaceMib}`);
}
