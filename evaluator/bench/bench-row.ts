/** One line of a bench: medians of both sides, their ratios (below 1: we are ahead) and the bar. */
import { medianOf, type Sample } from "./measured-run.ts";

export interface BenchRow {
  readonly work: string;
  readonly mode: string;
  readonly nix: Sample | null;
  readonly firn: Sample;
  readonly wallRatio: number | null;
  readonly cpuRatio: number | null;
  readonly memoryRatio: number | null;
  readonly barRatio?: number;
  readonly barMemory?: number;
  readonly barMs?: number;
}

export interface RowInput {
  readonly work: string;
  readonly mode: string;
  /** Empty when the peer cannot do it. */
  readonly nix: readonly Sample[];
  readonly firn: readonly Sample[];
  /** Most wall time as a ratio, most memory as a ratio, most wall time. */
  readonly barRatio?: number;
  readonly barMemory?: number;
  readonly barMs?: number;
}

export function rowOf({ nix: theirs, firn: ours, ...rest }: RowInput): BenchRow {
  const nix = theirs.length === 0 ? null : medianOf(theirs);
  const firn = medianOf(ours);
  const ratio = (key: keyof Sample): number | null =>
    nix === null || nix[key] === 0 ? null : round2(firn[key] / nix[key]);
  return {
    ...rest,
    nix,
    firn,
    wallRatio: ratio("wallMs"),
    cpuRatio: ratio("cpuMs"),
    memoryRatio: ratio("memoryMib"),
  };
}

const HEAD = ["work", "mode", "nix s", "firn s", "wall", "bar", "", "cpu", "nix MiB", "firn MiB", "memory", "bar", ""];

/** Columns for people; `!` where the bar is missed. */
export function formatTable(rows: readonly BenchRow[]): string {
  const lines = [HEAD, ...rows.map(cellsOf)];
  const widths = HEAD.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? "").length)));
  const pad = (cell: string, column: number): string =>
    column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0);
  return lines.map((line) => line.map(pad).join("  ").trimEnd()).join("\n");
}

function cellsOf({ work, mode, nix, firn, wallRatio, cpuRatio, memoryRatio, ...bars }: BenchRow): string[] {
  const { barRatio, barMemory, barMs } = bars;
  const isSlow = barMs === undefined ? isAbove(wallRatio, barRatio) : firn.wallMs > barMs;
  return [
    work,
    mode,
    nix === null ? "-" : seconds(nix.wallMs),
    seconds(firn.wallMs),
    shown(wallRatio),
    barMs === undefined ? shown(barRatio) : `${seconds(barMs)} s`,
    isSlow ? "!" : "",
    shown(cpuRatio),
    nix === null ? "-" : String(nix.memoryMib),
    String(firn.memoryMib),
    shown(memoryRatio),
    shown(barMemory),
    isAbove(memoryRatio, barMemory) ? "!" : "",
  ];
}

function isAbove(ratio: number | null, bar: number | undefined): boolean {
  return ratio !== null && bar !== undefined && ratio > bar;
}

function shown(ratio: number | null | undefined): string {
  return ratio === null || ratio === undefined ? "-" : ratio.toFixed(2);
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(2);
}

function round2(value: number): number {
  return Math.round(value * 100) / 100;
}
