// Which sound is due. Pure: told the alarms nobody has acknowledged, it says what to play now.

import type { Severity } from "../wire/types";

/** The sounds. */
export type Tune = "critical" | "warning" | "event" | "timer";

/** One beep. Units: Hz, ms, share of full loudness. */
export type Beep = { hz: number; atMs: number; forMs: number; loudness: number };

/** Time between two rounds of a critical alarm. Unit: ms. */
export const REPEAT_MS = 5_000;
/** How long `Silence here` lasts. Unit: ms. */
export const SILENCE_MS = 120_000;

const row = (count: number, hz: number, forMs: number, loudness: number): Beep[] =>
  Array.from({ length: count }, (_, i) => ({ hz, atMs: i * forMs * 1.6, forMs, loudness }));

/** What each sound is made of. */
export const TUNES: Record<Tune, Beep[]> = {
  critical: row(3, 880, 220, 0.5),
  warning: row(2, 660, 200, 0.35),
  event: row(1, 440, 180, 0.12),
  timer: row(4, 550, 150, 0.35),
};

/** An alarm that nobody has acknowledged; the key tells occurrences apart. */
export type Open = { key: string; severity: Severity };

/** Keeps what was sounded already. */
export class Annunciator {
  #told = new Set<string>();
  #criticalAt = -Infinity;

  /** What is due at `now`: a critical one again and again until it is acknowledged, a warning once. */
  due(now: number, open: readonly Open[]): Tune | null {
    const critical = open.filter(({ severity }) => severity === "critical");
    const fresh = open.filter(({ key }) => !this.#told.has(key));
    this.#told = new Set(open.map(({ key }) => key));
    if (critical.length > 0) {
      const isNew = fresh.some(({ severity }) => severity === "critical");
      if (!isNew && now - this.#criticalAt < REPEAT_MS) return null;
      this.#criticalAt = now;
      return "critical";
    }
    this.#criticalAt = -Infinity;
    return fresh.some(({ severity }) => severity === "warning") ? "warning" : null;
  }
}
