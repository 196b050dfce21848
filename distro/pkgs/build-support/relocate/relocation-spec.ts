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
  /** New symlinks: place in the output -> target, relative or absolute. */
  readonly links?: Readonly<Record<string, string>>;
  /** Text that is replaced in all ELF files; both sides have the same length. */
  readonly patchBytes?: readonly { readonly from: string; readonly to: string }[];
  /** Text that is replaced in one text file; `from` must be there. */
  readonly patchText?: readonly { readonly file: string; readonly from: string; readonly to: string }[];
  /** Libraries that are opened by name at run time: they are looked up as if they were needed by all ELF files. */
  readonly opens?: readonly string[];
  /** Libraries that may be missing. */
  readonly allowMissing?: readonly string[];
  /** Leave interpreter and run paths of all ELF files alone. */
  readonly keepElf?: boolean;
  /** It is a kernel: unpack vmlinux from its image, list the dependencies of its modules. */
  readonly kernel?: boolean;
}
