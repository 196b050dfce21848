/** Builds something small and something that does not fit, on a TMPDIR that is small; prints how it went as JSON. */
import { isAppError } from "../std/app-error.ts";
import { BuildWorkshop } from "./build-workshop.ts";

using shop = new BuildWorkshop();
const small = shop.add({ name: "small", script: "echo > $out" });
const big = shop.add({ name: "big", inputs: [small], script: "dd if=/dev/zero of=$out bs=1M count=100" });
try {
  await shop.build([big]);
} catch (error) {
  if (!isAppError(error)) throw error;
  const isSmallKept = shop.store.isValidPath(shop.outputOf(small));
  const isBigValid = shop.store.isValidPath(shop.outputOf(big));
  console.log(JSON.stringify({ code: error.code, exitCode: error.exitCode, isSmallKept, isBigValid }));
}
