// What alarms there were since the daemon started.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { rest } from "../../link/rest";
import { duration, moment } from "../../model/format";
import type { PastAlarm } from "../../wire/types";
import { Trouble } from "../../ui/Banner";
import { Loading } from "../../ui/Loading";

type Past = { kind: "loading" } | { kind: "failed"; error: string } | { kind: "ready"; items: PastAlarm[] };

/** How long it stood, or that it still does. */
function stood({ raised_at, cleared_at }: PastAlarm): string {
  if (raised_at === null) return "";
  return cleared_at === null ? "still there" : duration(Date.parse(cleared_at) - Date.parse(raised_at));
}

export function History({ id }: { id: string }) {
  const past = useSignal<Past>({ kind: "loading" });
  const load = () => {
    rest.pastAlarms(id).then(
      (items) => (past.value = { kind: "ready", items }),
      (error: Error) => (past.value = { kind: "failed", error: error.message }),
    );
  };
  useEffect(load, [id]);
  const shown = past.value;
  const again = <button type="button" class="button" data-testid="history-again" onClick={load}>{shown.kind === "failed" ? "Try again" : "Look again"}</button>;
  if (shown.kind === "loading") return <Loading what="the history" />;
  if (shown.kind === "failed") return <Trouble actions={again}>{shown.error}</Trouble>;
  if (shown.items.length === 0) {
    return <section class="panel empty"><h2>No alarm so far</h2><p>The history begins anew whenever the daemon starts.</p>{again}</section>;
  }
  return (
    <section class="panel step-panel">
      <div class="scroll-x">
        <table data-testid="alarm-history">
          <thead><tr><th scope="col">Raised</th><th scope="col">Alarm</th><th scope="col">How bad</th><th scope="col">Stood</th><th scope="col">Acknowledged</th></tr></thead>
          <tbody>
            {shown.items.map((item) => (
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
