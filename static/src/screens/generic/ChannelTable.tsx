// The lines as a table, for those who cannot see them or want the numbers.

import type { Curve } from "../../chart/scene";
import { duration, fixed, temp } from "../../model/format";
import { signOf, type Line } from "../../model/lines";
import { settings } from "../../store/settings";
import { everyHalfMinute } from "../../ui/CurveTable";
import { Dialog } from "../../ui/Dialog";

export function ChannelTable({ curve, lines, onClose }: { curve: Curve; lines: readonly Line[]; onClose: () => void }) {
  const unit = settings.unit.value;
  const columns = lines.map((line) => curve.column(line.id));
  return (
    <Dialog title="Readings as a table" onClose={onClose}>
      <div class="scroll-x">
        <table>
          <thead>
            <tr>
              <th scope="col">Time</th>
              {lines.map((line) => <th key={line.id} scope="col" class="number">{line.label} {signOf(line, unit)}</th>)}
            </tr>
          </thead>
          <tbody>
            {everyHalfMinute(curve.t).map((i) => (
              <tr key={i}>
                <td>{duration(curve.t[i] ?? 0)}</td>
                {lines.map((line, k) => <td key={line.id} class="number">{line.isTemperature ? temp(columns[k]?.[i], unit) : fixed(columns[k]?.[i])}</td>)}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Dialog>
  );
}
