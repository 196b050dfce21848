/** When a release was committed, told by its name (`..pre20261120093600.783482e`); null when the name does not say. */
export function commitTimeInName(releaseName: string): Date | null {
  const [, digits] = /pre(\d{14})\b/.exec(releaseName) ?? [];
  if (digits === undefined) {
    return null;
  }
  const iso = digits.replace(/^(....)(..)(..)(..)(..)(..)$/, "$1-$2-$3T$4:$5:$6Z");
  const time = new Date(iso);
  return Number.isNaN(time.getTime()) ? null : time;
}

/** `20261120093600`, in UTC: sorts as text, as a number, and as a version of Nix. */
export function compactTime(time: Date): string {
  return time.toISOString().slice(0, 19).replace(/[-:T]/g, "");
}
