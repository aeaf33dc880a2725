// How long to wait before the next attempt. Source: the protocol's reconnection strategy (1, 2, 4 … 30 s, 30 % jitter).

const FIRST_MS = 1_000;
const LONGEST_MS = 30_000;
const JITTER_SHARE = 0.3;

/**
 * Delay before attempt `attempt` (0 is the first after a loss). Unit: ms.
 * `random` yields 0..1; jitter is only added, so the answer lies in 1..1.3 times the base.
 */
export function backoffMs(attempt: number, random: () => number = Math.random): number {
  const base = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 30));
  return base * (1 + JITTER_SHARE * random());
}
