// Monotonic time. Ages are never taken from the wall clock: a tablet that corrects its clock must not age the data.

/** Time since the page was opened. Unit: ms. */
export function nowMs(): number {
  return performance.now();
}

/**
 * The machine's clock as this tab sees it: the last time the daemon told, plus the time since then.
 * Never runs backwards within a session, so a timer on screen does not flicker.
 */
export class MachineClock {
  #atMs = 0;
  #heardAtMs: number | null = null;
  #shownMs = 0;

  /** Takes a session time that the daemon told just now. */
  hear(sessionMs: number, now: number = nowMs()): void {
    this.#atMs = sessionMs;
    this.#heardAtMs = now;
  }

  /** The session clock was zeroed. */
  restart(sessionMs: number, now: number = nowMs()): void {
    this.hear(sessionMs, now);
    this.#shownMs = sessionMs;
  }

  /** Session time now. Unit: ms. Stands still while `running` is false. */
  read(running: boolean, now: number = nowMs()): number {
    const since = this.#heardAtMs === null || !running ? 0 : now - this.#heardAtMs;
    this.#shownMs = Math.max(this.#shownMs, this.#atMs + since);
    return this.#shownMs;
  }
}

let aheadMs = 0;

/** Takes the `Date` of an answer: this device's clock may be off. */
export function hearDate(header: string | null): void {
  const at = Date.parse(header ?? "");
  if (Number.isFinite(at)) aheadMs = at - Date.now();
}

/** The daemon's wall clock, to a second or so. Unit: ms since 1970. */
export function daemonDateMs(): number {
  return Date.now() + aheadMs;
}
