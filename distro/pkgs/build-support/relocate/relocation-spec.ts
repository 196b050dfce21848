import type { CommandPrefix } from "./read-deb.ts";

/** What one relocation is asked to do; the derivation gives it as JSON in its environment variable `spec`. */
export interface RelocationSpec {
  readonly debs: readonly string[];
  /** Store paths in which libraries, programs and targets of links are looked up, nearest first. */
  readonly depends: readonly string[];
  /** Store path of the C library, whose dynamic linker programs get; null for the C library itself. */
  readonly libc: string | null;
  readonly tools: { readonly xz: CommandPrefix; readonly patchelf: CommandPrefix; readonly depmod?: CommandPrefix };
  readonly fixups: Fixups;
}

/** Departures from what happens to every package; see `seeds/fixups.nix`. */
export interface Fixups {
  /** Regular expressions: files of the output that are left out. */
  readonly remove?: readonly string[];
  /** Folder of the output -> where its contents go instead. */
  readonly move?: Readonly<Record<string, string>>;
  /** New symlinks: place in the output -> target, relative or absolute. */
  readonly links?: Readonly<Record<string, string>>;
  readonly patchBytes?: readonly BytePatch[];
  /** Text that is replaced in one text file; `from` must be there. */
  readonly patchText?: readonly { readonly file: string; readonly from: string; readonly to: string }[];
  /** Regular expression for ELF files -> libraries that these open by name at run time: looked up as if needed. */
  readonly opens?: Readonly<Record<string, readonly string[]>>;
  /** Libraries that may be missing. */
  readonly allowMissing?: readonly string[];
  /** Leave interpreter and run paths of all ELF files alone. */
  readonly keepElf?: boolean;
  /** It is a kernel: unpack vmlinux from its image, list the dependencies of its modules. */
  readonly kernel?: boolean;
}

/** Text that is replaced in all ELF files; both sides have the same length. Not found anywhere is an error. */
export interface BytePatch {
  readonly from: string;
  readonly to: string;
  /** Texts that, right in front of a place, keep it as it is. */
  readonly unlessAfter?: readonly string[];
}
