// The table of a topic: printed, and on request put into the block of its name in `docs/performance.md`. The same form as
// that of the Rust benches.

import { readFileSync, writeFileSync } from "node:fs";
import { cpus, release } from "node:os";

/** Set to have the figures written down: `make bench-write`. */
const WRITE = "BENCH_WRITE";
const PAGE = new URL("../../docs/performance.md", import.meta.url).pathname;
const HEADINGS = ["what", "measured", "peer or limit", "ratio", "verdict"];

/** One topic's figures. */
export class Table {
  readonly #topic: string;
  readonly #command: string;
  readonly #rows: string[][] = [];

  constructor(topic: string, command: string) {
    this.#topic = topic;
    this.#command = command;
  }

  /** A figure that must not exceed a limit in its own unit. */
  limit(what: string, measured: number, most: number, unit: string): void {
    const ratio = most === 0 ? "" : (measured / most).toFixed(2);
    this.#rows.push([what, `${rounded(measured)} ${unit}`, `limit ${rounded(most)} ${unit}`, ratio, measured <= most ? "kept" : "MISSED"]);
  }

  /** A figure for its own sake. */
  figure(what: string, measured: number, unit: string): void {
    this.#rows.push([what, `${rounded(measured)} ${unit}`, "", "", ""]);
  }

  /** What was to be measured and could not be. */
  missing(what: string, reason: string): void {
    this.#rows.push([what, "not measured", "", "", reason.split("\n")[0] ?? ""]);
  }

  /** Prints it, and writes it down where that was asked for. */
  finish(): void {
    process.stdout.write(`\n${this.#topic}\n${this.#aligned()}\n`);
    if (process.env[WRITE] !== undefined) this.#writeDown();
  }

  #aligned(): string {
    const lines = [HEADINGS, ...this.#rows];
    const widths = HEADINGS.map((_, i) => Math.max(...lines.map((line) => [...(line[i] ?? "")].length)));
    return lines.map((line) => line.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join("  ").trimEnd()).join("\n");
  }

  #writeDown(): void {
    const page = readFileSync(PAGE, "utf8");
    const [begin, end] = [`<!-- figures: ${this.#topic} -->\n`, `<!-- end: ${this.#topic} -->`];
    const [from, to] = [page.indexOf(begin), page.indexOf(end)];
    if (from < 0 || to < from) throw new Error(`docs/performance.md lacks the block \`${this.#topic}\``);
    writeFileSync(PAGE, page.slice(0, from + begin.length) + this.#markdown() + page.slice(to));
  }

  #markdown(): string {
    const cores = cpus();
    const machine = `${cores[0]?.model ?? "unknown processor"}, ${cores.length} cores, Linux ${release().split("-")[0]}`;
    const head = `\`${this.#command}\` on ${new Date().toISOString().slice(0, 10)}, ${machine}\n\n| ${HEADINGS.join(" | ")} |\n|---|--:|--:|--:|---|\n`;
    return head + this.#rows.map((row) => `| ${row.join(" | ")} |\n`).join("");
  }
}

/** Three digits that count. */
export function rounded(value: number): string {
  const size = Math.abs(value);
  if (size >= 100 || value === 0) return value.toFixed(0);
  if (size >= 10) return value.toFixed(1);
  return value.toFixed(size >= 0.1 ? 2 : 4);
}

/** The value below which a share of all lies. NaN of nothing. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}
