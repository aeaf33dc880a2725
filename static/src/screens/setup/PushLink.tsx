// Where a controller sends its readings, and what it sent last.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { rest } from "../../link/rest";
import { labelOf, listAt, type Doc } from "../../model/draft";
import { Icon } from "../../ui/Icon";
import type { SessionView } from "../../wire/types";

const LOOK_EVERY_MS = 2_000;

export function PushLink({ doc }: { doc: Doc }) {
  const last = useSignal<SessionView | null>(null);
  const id = String(doc["id"] ?? "");
  useEffect(() => {
    if (id === "") return undefined;
    const look = () => void rest.session(id, Number.MAX_SAFE_INTEGER).then((view) => (last.value = view), () => undefined);
    look();
    const timer = setInterval(look, LOOK_EVERY_MS);
    return () => clearInterval(timer);
  }, [id]);
  const base = location.href.replace(/#.*$/, "").replace(/[^/]*$/, "");
  const reading = last.value?.last_reading;
  const isUnheard = reading === undefined || reading === null;
  const values: Record<string, number | null> = isUnheard ? {} : { bt: reading.bt, et: reading.et, ...reading.extra_channels };
  const channels = listAt(doc, "/channels");
  return (
    <div class="step-panel" data-testid="push-link">
      <h3>The controller sends to one of</h3>
      <ul class="small addresses">
        <li><code>{base.replace(/^http/, "ws")}ws/controller/telemetry</code> (WebSocket)</li>
        <li><code>{base}api/v1/datapoints/batch</code> (POST)</li>
      </ul>
      <p class="small muted">Each value names its channel by tag. Where logins are on, it needs the token of a user with the role controller; see docs/dialects.md.</p>
      {last.value !== null && (
        <p role="status" data-testid="push-heard">
          <Icon name={isUnheard ? "clock" : "check"} /> {isUnheard ? "Nothing has arrived yet." : last.value.driver_state === "connected" ? "Readings arrive." : "Readings came, and then none for too long."}
        </p>
      )}
      {channels.length > 0 && (
        <table>
          <caption class="visually-hidden">Tags and what arrived last</caption>
          <thead><tr><th scope="col">Tag</th><th scope="col">Channel</th><th scope="col" class="number">Last value</th></tr></thead>
          <tbody>
            {channels.map((channel) => {
              const key = String(channel["role"] ?? channel["id"] ?? "");
              const control = last.value?.controls.find((one) => one.id === channel["id"]);
              const value = control === undefined ? values[key] : control.value;
              return <tr key={key}><td><code>{String(channel["tag"] ?? `${id === "" ? "<id>" : id}.${String(channel["id"] ?? "")}`)}</code></td><td>{labelOf(channel)}</td><td class="number">{value ?? "––"}</td></tr>;
            })}
          </tbody>
        </table>
      )}
    </div>
  );
}
