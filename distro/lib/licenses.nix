# Licences by short name, with SPDX identifiers.
{ lib }:
let
  free = spdxId: fullName: { inherit spdxId fullName; free = true; redistributable = true; };
  unfree = fullName: redistributable: { inherit fullName redistributable; free = false; };
  table = {
    agpl3Only = free "AGPL-3.0-only" "GNU Affero General Public License v3.0 only";
    agpl3Plus = free "AGPL-3.0-or-later" "GNU Affero General Public License v3.0 or later";
    artistic2 = free "Artistic-2.0" "Artistic License 2.0";
    asl20 = free "Apache-2.0" "Apache License 2.0";
    boost = free "BSL-1.0" "Boost Software License 1.0";
    bsd0 = free "0BSD" "BSD Zero Clause License";
    bsd2 = free "BSD-2-Clause" "BSD 2-clause \"Simplified\" License";
    bsd3 = free "BSD-3-Clause" "BSD 3-clause \"New\" or \"Revised\" License";
    bsdOriginal = free "BSD-4-Clause" "BSD 4-clause \"Original\" License";
    cc0 = free "CC0-1.0" "Creative Commons Zero v1.0 Universal";
    curl = free "curl" "curl License";
    gpl1Only = free "GPL-1.0-only" "GNU General Public License v1.0 only";
    gpl1Plus = free "GPL-1.0-or-later" "GNU General Public License v1.0 or later";
    gpl2Only = free "GPL-2.0-only" "GNU General Public License v2.0 only";
    gpl2Plus = free "GPL-2.0-or-later" "GNU General Public License v2.0 or later";
    gpl3Only = free "GPL-3.0-only" "GNU General Public License v3.0 only";
    gpl3Plus = free "GPL-3.0-or-later" "GNU General Public License v3.0 or later";
    isc = free "ISC" "ISC License";
    lgpl2Only = free "LGPL-2.0-only" "GNU Library General Public License v2 only";
    lgpl2Plus = free "LGPL-2.0-or-later" "GNU Library General Public License v2 or later";
    lgpl21Only = free "LGPL-2.1-only" "GNU Lesser General Public License v2.1 only";
    lgpl21Plus = free "LGPL-2.1-or-later" "GNU Lesser General Public License v2.1 or later";
    lgpl3Only = free "LGPL-3.0-only" "GNU Lesser General Public License v3.0 only";
    lgpl3Plus = free "LGPL-3.0-or-later" "GNU Lesser General Public License v3.0 or later";
    mit = free "MIT" "MIT License";
    mpl20 = free "MPL-2.0" "Mozilla Public License 2.0";
    ncurses = free "X11-distribute-modifications-variant" "X11 License Distribution Modification Variant";
    openssl = free "OpenSSL" "OpenSSL License";
    postgresql = free "PostgreSQL" "PostgreSQL License";
    publicDomain = { fullName = "Public Domain"; free = true; redistributable = true; };
    psfl = free "Python-2.0" "Python Software Foundation License version 2";
    sleepycat = free "Sleepycat" "Sleepycat License";
    unfree = unfree "Unfree" false;
    unfreeRedistributable = unfree "Unfree redistributable" true;
    unlicense = free "Unlicense" "The Unlicense";
    vim = free "Vim" "Vim License";
    zlib = free "Zlib" "zlib License";
    zpl21 = free "ZPL-2.1" "Zope Public License 2.1";
  };
in
builtins.mapAttrs (shortName: l: l // { inherit shortName; deprecated = false; }) table
