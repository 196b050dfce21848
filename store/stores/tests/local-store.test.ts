import { join } from "node:path";
import { openStore } from "../open-store.ts";
import { testStore } from "./conformance.ts";

testStore("local store", async (folder) => {
  const store = await openStore(`local?root=${join(folder, "root")}`);
  return { store, close: () => store.close() };
});
