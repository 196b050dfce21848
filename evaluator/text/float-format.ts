/**
 * Floats as text, the way C++ prints them for Nix: `%g` when a value is printed, `%f` in `toString`, the shortest text that
 * reads back as the same number in JSON (as nlohmann's library lays it out; Nix before 2.9 used `%g` there too).
 *
 * C rounds halves to even on the exact binary value while JavaScript's `toExponential` and `toFixed` round them up, so exact
 * halves are told apart first.
 */

const SIGNIFICANT = 6;

/** `%g`: at most six significant digits, an exponent when it is below -4 or above 5, no trailing zeros. */
export function formatFloat(value: number): string {
  if (!Number.isFinite(value)) return formatNonFinite(value);
  const [digits = "0", exponentText = "0"] = roundedExponential(value).split("e");
  const exponent = Number(exponentText);
  if (exponent >= -4 && exponent < SIGNIFICANT) {
    return withoutTrailingZeros(Object.is(value, -0) ? "-0" : placePoint(digits, exponent));
  }
  return `${withoutTrailingZeros(digits)}e${exponent < 0 ? "-" : "+"}${twoDigits(Math.abs(exponent))}`;
}

/** `%f`: six digits after the point. */
export function formatFloatFixed(value: number): string {
  if (!Number.isFinite(value)) return formatNonFinite(value);
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  const size = Math.abs(value);
  if (size >= 1e21) return `${sign}${BigInt(size)}.000000`;
  // Only an odd multiple of 2^-7 lies exactly between two numbers of six decimals.
  if (size < 2 ** 46 && Number.isInteger(size * 128)) return sign + halfToEven(size.toFixed(7));
  return sign + size.toFixed(6);
}

/** JSON: always with a point or an exponent; what is not finite is `null`. */
export function formatFloatJson(value: number): string {
  if (!Number.isFinite(value)) return "null";
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  const [mantissa = "0", exponentText = "0"] = Math.abs(value).toExponential().split("e");
  const digits = mantissa.replace(".", "");
  const point = Number(exponentText) + 1;
  if (value === 0) return `${sign}0.0`;
  if (digits.length <= point && point <= 15) return `${sign}${digits.padEnd(point, "0")}.0`;
  if (point > 0 && point <= 15) return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
  if (point > -4 && point <= 0) return `${sign}0.${"0".repeat(-point)}${digits}`;
  return `${sign}${mantissa}e${point <= 0 ? "-" : "+"}${twoDigits(Math.abs(point - 1))}`;
}

/** `d.ddddde<exponent>`, halves rounded to even. */
function roundedExponential(value: number): string {
  const rounded = value.toExponential(SIGNIFICANT - 1);
  const [exactDigits = "", exactExponent = "0"] = value.toExponential(50).split("e");
  // Sign, first digit and point come before the digits that are kept and the one that decides.
  const kept = exactDigits.indexOf(".") + SIGNIFICANT;
  const isHalf = exactDigits[kept] === "5" && /^0*$/.test(exactDigits.slice(kept + 1));
  const lastIsEven = "02468".includes(exactDigits[kept - 1] ?? "1");
  return isHalf && lastIsEven ? `${exactDigits.slice(0, kept)}e${exactExponent}` : rounded;
}

/** `size` has seven decimals, the last of which is exact. */
function halfToEven(size: string): string {
  if (!size.endsWith("5")) return Number(size).toFixed(6);
  const down = size.slice(0, -1);
  const last = Number(down.at(-1));
  if (last % 2 === 0) return down;
  const [whole = "0", decimals = "0"] = down.split(".");
  const up = (BigInt(whole + decimals) + 1n).toString().padStart(7, "0");
  return `${up.slice(0, -6)}.${up.slice(-6)}`;
}

/** `1.23450e2` -> `123.450`. */
function placePoint(digits: string, exponent: number): string {
  const negative = digits.startsWith("-");
  const bare = digits.replace("-", "").replace(".", "");
  const whole = exponent < 0 ? "0" : bare.slice(0, exponent + 1);
  const decimals = exponent < 0 ? "0".repeat(-exponent - 1) + bare : bare.slice(exponent + 1);
  return `${negative ? "-" : ""}${whole}${decimals === "" ? "" : "."}${decimals}`;
}

function withoutTrailingZeros(text: string): string {
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

function twoDigits(exponent: number): string {
  return String(exponent).padStart(2, "0");
}

function formatNonFinite(value: number): string {
  if (Number.isNaN(value)) return "nan";
  return value < 0 ? "-inf" : "inf";
}
