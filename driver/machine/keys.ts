/** Keys as people write them (`ctrl-alt-delete`, `A`, `\n`) to QEMU's key codes (qapi QKeyCode), for a US keyboard. */

const named: Readonly<Record<string, string>> = {
  enter: "ret",
  return: "ret",
  space: "spc",
  escape: "esc",
  del: "delete",
  control: "ctrl",
  super: "meta_l",
  windows: "meta_l",
  pageup: "pgup",
  pagedown: "pgdn",
};

const plain: Readonly<Record<string, string>> = {
  "\n": "ret",
  "\t": "tab",
  " ": "spc",
  "-": "minus",
  "=": "equal",
  "[": "bracket_left",
  "]": "bracket_right",
  ";": "semicolon",
  "'": "apostrophe",
  "`": "grave_accent",
  "\\": "backslash",
  ",": "comma",
  ".": "dot",
  "/": "slash",
};

/** Characters with shift, and the character on the same key without. */
const shifted: Readonly<Record<string, string>> = {
  "!": "1",
  "@": "2",
  "#": "3",
  $: "4",
  "%": "5",
  "^": "6",
  "&": "7",
  "*": "8",
  "(": "9",
  ")": "0",
  _: "-",
  "+": "=",
  "{": "[",
  "}": "]",
  ":": ";",
  '"': "'",
  "~": "`",
  "|": "\\",
  "<": ",",
  ">": ".",
  "?": "/",
};

/** `ctrl-alt-f1` -> `["ctrl", "alt", "f1"]`. */
export function keysOfCombination(combination: string): string[] {
  return combination
    .split("-")
    .filter((part) => part !== "")
    .flatMap((part) => (part.length === 1 ? keysOfCharacter(part) : [named[part] ?? part]));
}

/** The keys held together for one character; nothing for what a US keyboard does not have. */
export function keysOfCharacter(character: string): string[] {
  const base = shifted[character];
  if (base !== undefined) return ["shift", ...keysOfCharacter(base)];
  if (/^[a-z0-9]$/.test(character)) return [character];
  if (/^[A-Z]$/.test(character)) return ["shift", character.toLowerCase()];
  const key = plain[character];
  return key === undefined ? [] : [key];
}
