// What the heat of a machine is never left without, in words.

import type { Losses } from "../wire/types";

/** What holds at a machine that heats, in one sentence. */
export function lossWords({ sensor_ms, operator_ms }: Losses): string {
  const sensors = `without a reading for ${time(sensor_ms)}`;
  return operator_ms === null ? `Heat goes off ${sensors}; it stays on with nobody here` : `Heat goes off ${sensors}, or with nobody here for ${time(operator_ms)}`;
}

/** A whole time as short as it can be said: `3 s`, `2.5 s`, `2 min`. */
function time(ms: number): string {
  return ms % 60_000 === 0 ? `${ms / 60_000} min` : `${ms / 1000} s`;
}
