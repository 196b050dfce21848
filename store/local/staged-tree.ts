/**
 * A tree on its way into the store, from a NAR whose path is known only at its end. Up to 32 MiB stay in memory, since
 * most of what is added is small and valid already; beyond that it is unpacked while it comes.
 */
import { renameSync } from "node:fs";
import { createNarRestorer, type NarRestorer } from "../formats/nar-restorer.ts";
import { fsPath } from "../std/byte-string.ts";
import { deleteTree } from "./delete-tree.ts";
import { type StoreContext, stagingPath } from "./store-context.ts";

const MAX_MEMORY_BYTES = 32 * 1024 * 1024;

export class StagedTree {
  readonly #context: StoreContext;
  #held: Buffer[] = [];
  #heldBytes = 0;
  #restorer: NarRestorer | null = null;
  #stagedPath: string | null = null;

  constructor(context: StoreContext) {
    this.#context = context;
  }

  /** The next part of the NAR. */
  write(chunk: Uint8Array): void {
    if (this.#restorer !== null) {
      this.#restorer.write(chunk);
      return;
    }
    this.#held.push(Buffer.from(chunk));
    this.#heldBytes += chunk.length;
    if (this.#heldBytes > MAX_MEMORY_BYTES) this.#unpack();
  }

  #unpack(): NarRestorer {
    this.#stagedPath = stagingPath(this.#context);
    const restorer = createNarRestorer(this.#stagedPath, { canonical: true });
    this.#restorer = restorer;
    for (const chunk of this.#held) restorer.write(chunk);
    this.#held = [];
    return restorer;
  }

  /** Unpacks what is not yet; checks that the NAR is complete. */
  finish(): void {
    (this.#restorer ?? this.#unpack()).end();
  }

  /** Moves the finished tree to its place, in the same folder. */
  moveTo(physical: string): void {
    if (this.#stagedPath === null) throw new Error("moveTo before finish");
    renameSync(fsPath(this.#stagedPath), fsPath(physical));
    this.#stagedPath = null;
  }

  /** Lets go of everything that was not moved. */
  discard(): void {
    this.#held = [];
    this.#restorer?.close();
    if (this.#stagedPath !== null) deleteTree(this.#stagedPath);
    this.#stagedPath = null;
  }
}
