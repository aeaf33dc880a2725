// The curve as a table, for those who cannot see it or want the numbers.

import type { Scene } from "../chart/scene";
import { duration, rate, temp } from "../model/format";
import { Dialog } from "./Dialog";

const STEP_MS = 30_000;

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

export function CurveTable({ scene, onClose }: { scene: Scene; onClose: () => void }) {
  const { curve, unit, originMs, nowMs } = scene;
  const [bt, et, ror] = ["bt", "et", "bt_ror"].map((name) => curve.column(name));
  // A machine goes on reporting after its roast has ended; the chart ends there, and so does its table.
  const rows = everyHalfMinute(curve.t).filter((i) => (curve.t[i] ?? 0) <= nowMs);
  return (
    <Dialog title="Curve as a table" onClose={onClose}>
      <table>
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col" class="number">BT °{unit}</th>
            <th scope="col" class="number">ET °{unit}</th>
            <th scope="col" class="number">RoR °{unit}/min</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((i) => (
            <tr key={i}>
              <td>{duration((curve.t[i] ?? 0) - originMs)}</td>
              <td class="number">{temp(bt?.[i], unit)}</td>
              <td class="number">{temp(et?.[i], unit)}</td>
              <td class="number">{rate(ror?.[i], unit)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Dialog>
  );
}
