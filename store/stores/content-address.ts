/**
 * Content addresses of paths (`text:sha256:..`, `fixed:sha256:..`, `fixed:r:sha256:..`): a path that has one proves itself,
 * so it needs no signature. The proof has two halves: the name follows from the address, and the contents have the hash.
 */
import { equalHashes, type Hash, parseHash, StreamHasher } from "../formats/hash.ts";
import { type NarHandler, NarReader } from "../formats/nar-reader.ts";
import {
  DEFAULT_STORE_DIR,
  type FileIngestion,
  makeFixedOutputPath,
  makeStorePath,
  storePathName,
} from "../formats/store-path.ts";
import type { NewPathInfo } from "../local/store-interface.ts";
import { AppError } from "../std/app-error.ts";
import { compareBytes } from "../std/byte-string.ts";

export interface ContentAddress {
  readonly method: FileIngestion | "text";
  readonly hash: Hash;
}

/** @throws AppError `STORE_BAD_HASH` */
export function parseContentAddress(text: string): ContentAddress {
  const [, method = "", hash = ""] = /^(text:|fixed:r:|fixed:)(.*)$/.exec(text) ?? [];
  if (method === "") throw new AppError("STORE_BAD_HASH", `Cannot read content address '${text}'`);
  const parsed = parseHash(hash);
  if (method === "text:") return { method: "text", hash: parseHash(hash, "sha256") };
  return { method: method === "fixed:r:" ? "recursive" : "flat", hash: parsed };
}

/** The path that an address means. @throws AppError when such an address cannot have these references */
export function contentAddressedPath(
  address: ContentAddress,
  name: string,
  references: readonly string[],
  storeDir: string = DEFAULT_STORE_DIR,
): string {
  if (address.method !== "text") {
    return makeFixedOutputPath(name, address.method, address.hash, { references, storeDir });
  }
  const type = ["text", ...[...references].sort(compareBytes)].join(":");
  return makeStorePath(type, Buffer.from(address.hash.digest).toString("hex"), name, storeDir);
}

/** Whether the name of a path follows from its content address. Paths that refer to themselves cannot show it. */
export function isContentAddressed(info: NewPathInfo, storeDir: string = DEFAULT_STORE_DIR): boolean {
  if (info.ca === undefined || info.ca === null || info.references.includes(info.path)) return false;
  try {
    const name = storePathName(info.path, storeDir);
    return contentAddressedPath(parseContentAddress(info.ca), name, info.references, storeDir) === info.path;
  } catch {
    return false;
  }
}

/** Follows a NAR and tells whether its contents have the hash of an address. */
export class ContentCheck {
  readonly #address: ContentAddress;
  readonly #hasher: StreamHasher;
  readonly #reader: NarReader | null;
  #isPlainFile = false;

  constructor(address: ContentAddress) {
    this.#address = address;
    this.#hasher = new StreamHasher(address.hash.algorithm);
    this.#reader = address.method === "recursive" ? null : new NarReader(this.#fileHandler());
  }

  #fileHandler(): NarHandler {
    return {
      startFile: (name, executable) => {
        this.#isPlainFile = name === "" && !executable;
      },
      fileData: (chunk) => this.#hasher.update(chunk),
      startDirectory() {},
      endDirectory() {},
      endFile() {},
      symlink() {},
    };
  }

  write(chunk: Uint8Array): void {
    if (this.#reader === null) this.#hasher.update(chunk);
    else this.#reader.write(chunk);
  }

  /** @throws AppError `STORE_HASH_MISMATCH` */
  finish(path: string): void {
    const isRightKind = this.#reader === null || this.#isPlainFile;
    if (isRightKind && equalHashes(this.#hasher.finish(), this.#address.hash)) return;
    throw new AppError("STORE_HASH_MISMATCH", `Refusing '${path}': its contents do not have its content address`);
  }
}
