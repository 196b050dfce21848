import assert from "node:assert/strict";
import { test } from "node:test";
import type { PathFinder } from "./path-finder.ts";
import { rewriteText } from "./rewrite-text.ts";

const known: Readonly<Record<string, string>> = {
  "/bin/sh": "/nix/store/b-bash/bin/sh",
  "/usr/bin/perl": "/nix/store/p-perl/bin/perl",
  "/bin/perl": "/nix/store/p-perl/bin/perl",
  "/sbin/agetty": "/nix/store/u-util/bin/agetty",
  "/bin/udevadm": "/nix/store/s-systemd/bin/udevadm",
  "/lib/x86_64-linux-gnu/libm.so.6": "/nix/store/c-libc/lib/libm.so.6",
};
const finder: PathFinder = { find: (path) => known[path] ?? null, findLibraryFolder: () => null };
const rewrite = (text: string): string => rewriteText(text, finder);

test("rewriteText changes interpreters of scripts", () => {
  assert.equal(rewrite("#!/bin/sh -e\n"), "#!/nix/store/b-bash/bin/sh -e\n");
  assert.equal(rewrite("#! /usr/bin/perl\n"), "#! /nix/store/p-perl/bin/perl\n");
  assert.equal(rewrite("#!/usr/bin/env perl\n"), "#!/nix/store/p-perl/bin/perl\n");
  assert.equal(rewrite("#!/usr/bin/env python3\n"), "#!/usr/bin/env python3\n");
});

test("rewriteText changes commands of units, with their prefixes, and bare names", () => {
  assert.equal(rewrite("ExecStart=-/sbin/agetty -o x"), "ExecStart=-/nix/store/u-util/bin/agetty -o x");
  assert.equal(rewrite("ExecStart=udevadm settle"), "ExecStart=/nix/store/s-systemd/bin/udevadm settle");
  assert.equal(rewrite("ExecStart=-@udevadm x"), "ExecStart=-@/nix/store/s-systemd/bin/udevadm x");
  assert.equal(rewrite("ExecStart=unknown x"), "ExecStart=unknown x");
});

test("rewriteText changes paths inside of other text, and leaves what it does not know", () => {
  assert.equal(rewrite("GROUP ( /lib/x86_64-linux-gnu/libm.so.6 )"), "GROUP ( /nix/store/c-libc/lib/libm.so.6 )");
  assert.equal(
    rewrite('RUN+="/bin/sh -c x", PROGRAM="/bin/none"'),
    'RUN+="/nix/store/b-bash/bin/sh -c x", PROGRAM="/bin/none"',
  );
  assert.equal(rewrite("$ROOT/bin/sh ../bin/sh /opt/bin/sh"), "$ROOT/bin/sh ../bin/sh /opt/bin/sh");
});
