// Readings as a table, for those who cannot see the curve or want the numbers.

import type { Curve } from "../chart/scene";
import { duration } from "../model/format";
import { Dialog } from "./Dialog";

const STEP_MS = 30_000;

/** A column of a curve: what stands above it, and how its values are written. */
export type Column = { name: string; head: string; say: (value: number | undefined) => string };

/** `originMs`: the zero of the times. `untilMs`: readings after it are left out. */
type Props = { title: string; curve: Curve; columns: readonly Column[]; originMs?: number; untilMs?: number; onClose: () => void };

/** Indices of the readings nearest after every half minute. */
export function everyHalfMinute(t: ArrayLike<number>): number[] {
  const rows: number[] = [];
  let due = -Infinity;
  for (let i = 0; i < t.length; i += 1) {
    const at = t[i] ?? 0;
    // The last second before zero would read as a second 0:00.
    if (at < due || (at < 0 && at > -1000)) continue;
    rows.push(i);
    due = (Math.floor(at / STEP_MS) + 1) * STEP_MS;
  }
  return rows;
}

export function CurveTable({ title, curve, columns, originMs = 0, untilMs = Infinity, onClose }: Props) {
  const filled = columns.map(({ name, say }) => ({ values: curve.column(name), say }));
  return (
    <Dialog title={title} onClose={onClose}>
      <div class="scroll-x">
        <table>
          <thead>
            <tr>
              <th scope="col">Time</th>
              {columns.map(({ name, head }) => <th key={name} scope="col" class="number">{head}</th>)}
            </tr>
          </thead>
          <tbody>
            {everyHalfMinute(curve.t).filter((i) => (curve.t[i] ?? 0) <= untilMs).map((i) => (
              <tr key={i}>
                <td>{duration((curve.t[i] ?? 0) - originMs)}</td>
                {filled.map(({ values, say }, k) => <td key={k} class="number">{say(values[i])}</td>)}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Dialog>
  );
}
