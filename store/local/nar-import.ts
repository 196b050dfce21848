/** Adds a path from a NAR that somebody else made: a binary cache, an export. Nothing is believed before it is checked. */
import { formatHash, parseHash, StreamHasher } from "../formats/hash.ts";
import { AppError } from "../std/app-error.ts";
import { publish } from "./publish.ts";
import { StagedTree } from "./staged-tree.ts";
import type { StoreContext } from "./store-context.ts";
import type { NarImport, NewPathInfo } from "./store-interface.ts";

/** @param info as announced; hash and size are held against what comes */
export function importNar(context: StoreContext, info: NewPathInfo): NarImport {
  const staged = new StagedTree(context);
  const hasher = new StreamHasher("sha256");
  context.tempRoots.add(info.path);
  return {
    write(chunk) {
      hasher.update(chunk);
      if (hasher.sizeBytes > info.narSizeBytes) throw mismatch(info, `more than ${info.narSizeBytes} bytes came`);
      staged.write(chunk);
    },
    commit() {
      const found = formatHash(hasher.finish(), "base16");
      const announced = formatHash(parseHash(info.narHash, "sha256"), "base16");
      if (hasher.sizeBytes !== info.narSizeBytes) throw mismatch(info, `${hasher.sizeBytes} bytes came`);
      if (found !== announced) throw mismatch(info, `its hash is '${found}', not '${announced}'`);
      staged.finish();
      return publish(context, { ...info, narHash: announced }, (physical) => staged.moveTo(physical));
    },
    close: () => staged.discard(),
  };
}

function mismatch(info: NewPathInfo, why: string): AppError {
  return new AppError("STORE_HASH_MISMATCH", `Refusing NAR of '${info.path}': ${why}`);
}
