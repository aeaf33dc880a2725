// The events of a saved roast.

import { duration, temp } from "../../model/format";
import { inTime } from "../../model/markEdit";
import { at, EVENT_NAMES, type Marks } from "../../model/marks";
import { settings } from "../../store/settings";

export function EventTable({ marks }: { marks: Marks }) {
  const unit = settings.unit.value;
  const origin = at(marks, "CHARGE") ?? 0;
  if (marks.size === 0) return <p class="muted">No events were marked.</p>;
  return (
    <div class="scroll-x">
      <table data-testid="event-table">
        <thead>
          <tr>
            <th scope="col">Event</th>
            <th scope="col" class="number">Time</th>
            <th scope="col" class="number">BT °{unit}</th>
            <th scope="col" class="number">ET °{unit}</th>
            <th scope="col">Set</th>
          </tr>
        </thead>
        <tbody>
          {inTime(marks).map((mark) => (
            <tr key={mark.event_type}>
              <th scope="row">{EVENT_NAMES[mark.event_type].short} <span class="small muted">{EVENT_NAMES[mark.event_type].long}</span></th>
              <td class="number">{duration(mark.timestamp_ms - origin)}</td>
              <td class="number">{temp(mark.bt_at_event, unit)}</td>
              <td class="number">{temp(mark.et_at_event, unit)}</td>
              <td>{mark.auto_detected ? "auto" : "manual"}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
