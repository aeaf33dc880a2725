// What alarms there were since the daemon started.

import { rest } from "../../link/rest";
import { duration, moment } from "../../model/format";
import type { PastAlarm } from "../../wire/types";
import { Fetching } from "../../ui/Fetching";
import { useFetched } from "../../ui/useFetched";

/** How long it stood, or that it still does. One that ended while no daemon ran has no such moment. */
function stood({ raised_at, cleared_at, alarm_state }: PastAlarm): string {
  if (cleared_at === null) return alarm_state === "normal" || alarm_state === "cleared_unacked" ? "over" : "still there";
  return raised_at === null ? "" : duration(Date.parse(cleared_at) - Date.parse(raised_at));
}

export function History({ id }: { id: string }) {
  const past = useFetched((signal) => rest.pastAlarms(id, { signal }), [id]);
  const again = <button type="button" class="button" data-testid="history-again" onClick={past.again}>Look again</button>;
  const items = past.value;
  if (items === null || past.error !== null) return <Fetching of={past} what="the history" />;
  if (items.length === 0) {
    return <section class="panel empty"><h2>No alarm so far</h2><p>The history begins anew whenever the daemon starts.</p>{again}</section>;
  }
  return (
    <section class="panel step-panel">
      <div class="scroll-x">
        <table data-testid="alarm-history">
          <thead><tr><th scope="col">Raised</th><th scope="col">Alarm</th><th scope="col">How bad</th><th scope="col">Stood</th><th scope="col">Acknowledged</th></tr></thead>
          <tbody>
            {items.map((item) => (
              <tr key={item.occurrence}>
                <td>{item.raised_at === null ? "" : moment(item.raised_at)}</td><td>{item.message}{item.count > 1 && ` (${item.count} times)`}</td><td>{item.severity}</td><td>{stood(item)}</td>
                <td>{item.acked_at === null ? "no" : moment(item.acked_at)}{item.acked_by !== null && ` by ${item.acked_by}`}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="row"><span class="muted small grow">Since the daemon started, newest first.</span>{again}</p>
    </section>
  );
}
