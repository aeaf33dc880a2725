// The curve of one session as columns: growable typed arrays, NaN where a value is missing, ascending time, no time twice.
// Charts read it directly and ask `revision` whether anything changed; it never passes through signals.

import type { Series } from "../wire/types";

/** One reading. Times are those of the session clock; before `start_recording` they are negative. */
export type Point = {
  timestamp_ms: number;
  bt: number | null;
  et: number | null;
  bt_ror: number | null;
  et_ror: number | null;
  extra_channels?: { [key in string]: number | null };
};

/** The columns every roaster has. */
export type BaseColumn = "bt" | "et" | "bt_ror" | "et_ror";
const BASE: BaseColumn[] = ["bt", "et", "bt_ror", "et_ror"];
const FIRST_CAPACITY = 1024;
/** How many of the newest intervals tell what is usual. */
const INTERVALS = 31;
/** What is usual before there are two readings. Unit: ms. */
const FIRST_INTERVAL_MS = 1_000;
/** Preheat that stays in view after `start_recording`. Unit: ms. */
const PREHEAT_KEPT_MS = 10 * 60_000;

export class SeriesStore {
  #times = new Float64Array(FIRST_CAPACITY);
  #columns = new Map<string, Float64Array>(BASE.map((name) => [name, new Float64Array(FIRST_CAPACITY).fill(NaN)]));
  #length = 0;
  #revision = 0;

  /** How many readings. */
  get length(): number {
    return this.#length;
  }

  /** Changes whenever anything does. */
  get revision(): number {
    return this.#revision;
  }

  /** Session times. Unit: ms. A view: valid until the next change. */
  get t(): Float64Array {
    return this.#times.subarray(0, this.#length);
  }

  /** A column, or an empty one if no reading ever had it. A view: valid until the next change. */
  column(name: string): Float64Array {
    return this.#columns.get(name)?.subarray(0, this.#length) ?? new Float64Array(0);
  }

  /** Names of the columns beyond the four of every roaster. */
  get extraNames(): string[] {
    return [...this.#columns.keys()].filter((name) => !(BASE as string[]).includes(name));
  }

  /** Time of the newest reading. Unit: ms. */
  get lastMs(): number | null {
    return this.#length === 0 ? null : (this.#times[this.#length - 1] ?? null);
  }

  /** Time of the oldest reading. Unit: ms. */
  get firstMs(): number | null {
    return this.#length === 0 ? null : (this.#times[0] ?? null);
  }

  /** Usual time between readings up to a moment: the median of the last ones. The same in every tab that holds that curve. Unit: ms. */
  intervalMs(untilMs: number): number {
    const end = this.indexAt(untilMs);
    const t = this.#times.subarray(Math.max(0, end - 1 - INTERVALS), end);
    const steps = t.slice(1).map((ms, i) => ms - (t[i] ?? 0)).sort();
    return steps[steps.length >> 1] ?? FIRST_INTERVAL_MS;
  }

  /** Index of the first reading at or after a time; `length` if there is none. */
  indexAt(ms: number): number {
    let low = 0;
    let high = this.#length;
    while (low < high) {
      const mid = (low + high) >>> 1;
      if ((this.#times[mid] ?? 0) < ms) low = mid + 1;
      else high = mid;
    }
    return low;
  }

  /** Takes one reading at its place. False if that time is already held. */
  insert(point: Point): boolean {
    const at = this.#place(point.timestamp_ms);
    if (at === null) return false;
    for (const name of BASE) this.#write(name, at, point[name]);
    for (const [id, value] of Object.entries(point.extra_channels ?? {})) this.#write(id, at, value);
    this.#revision += 1;
    return true;
  }

  /** Takes whole columns, as REST has them. Returns how many readings were new. */
  insertColumns(series: Series): number {
    const extras = Object.entries(series.extra_channels);
    let added = 0;
    series.timestamp_ms.forEach((ms, row) => {
      const at = this.#place(ms);
      if (at === null) return;
      added += 1;
      for (const name of BASE) this.#write(name, at, series[name][row]);
      for (const [id, values] of extras) this.#write(id, at, values[row]);
    });
    if (added > 0) this.#revision += 1;
    return added;
  }

  /** Forgets everything. */
  clear(): void {
    this.#length = 0;
    for (const [name, column] of this.#columns) {
      if ((BASE as string[]).includes(name)) column.fill(NaN);
      else this.#columns.delete(name);
    }
    this.#revision += 1;
  }

  /** The session clock was zeroed when it stood at `zeroMs`: what came before stays, as negative time. */
  keepAsPreheat(zeroMs: number): void {
    const from = this.indexAt(zeroMs - PREHEAT_KEPT_MS);
    // A reading that seems to come after the zero came before it: our estimate of the moment is late by a little.
    const shift = Math.max(zeroMs, (this.lastMs ?? 0) + 1);
    this.#times.copyWithin(0, from, this.#length);
    for (const column of this.#columns.values()) {
      column.copyWithin(0, from, this.#length);
      column.fill(NaN, this.#length - from);
    }
    this.#length -= from;
    for (let i = 0; i < this.#length; i += 1) this.#times[i] = (this.#times[i] ?? 0) - shift;
    this.#revision += 1;
  }

  /** Makes room for a time and returns its index, null if it is held already. */
  #place(ms: number): number | null {
    if (!Number.isFinite(ms)) return null;
    // Readings almost always come in order: looking at the end first saves the search.
    const last = this.lastMs;
    const at = last === null || ms > last ? this.#length : this.indexAt(ms);
    if (at < this.#length && this.#times[at] === ms) return null;
    if (this.#length === this.#times.length) this.#grow();
    if (at < this.#length) {
      this.#times.copyWithin(at + 1, at, this.#length);
      for (const column of this.#columns.values()) {
        column.copyWithin(at + 1, at, this.#length);
        column[at] = NaN;
      }
    }
    this.#times[at] = ms;
    this.#length += 1;
    return at;
  }

  #write(name: string, at: number, value: number | null | undefined): void {
    let column = this.#columns.get(name);
    if (column === undefined) {
      column = new Float64Array(this.#times.length).fill(NaN);
      this.#columns.set(name, column);
    }
    column[at] = value ?? NaN;
  }

  #grow(): void {
    const grown = (old: Float64Array, fill: number) => {
      const next = new Float64Array(old.length * 2).fill(fill, old.length);
      next.set(old);
      return next;
    };
    this.#times = grown(this.#times, 0);
    for (const [name, column] of this.#columns) this.#columns.set(name, grown(column, NaN));
  }
}
