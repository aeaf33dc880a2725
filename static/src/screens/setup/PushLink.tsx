// Where a controller sends its readings, and what it sent last.

import { useSignal } from "@preact/signals";
import { rest } from "../../link/rest";
import { labelOf, listAt, type Doc } from "../../model/draft";
import { isAdminOfAll } from "../../model/people";
import { Icon } from "../../ui/Icon";
import { useHouse } from "../../ui/house";
import { useFetched } from "../../ui/useFetched";
import { TokenDialog } from "../admin/TokenDialog";

const LOOK_EVERY_MS = 2_000;

export function PushLink({ doc }: { doc: Doc }) {
  const house = useHouse();
  const id = String(doc["id"] ?? "");
  const isGiving = useSignal(false);
  const { value: view } = useFetched((signal) => (id === "" ? Promise.resolve(null) : rest.session(id, Number.MAX_SAFE_INTEGER, { signal })), [id], LOOK_EVERY_MS);
  const base = location.href.replace(/#.*$/, "").replace(/[^/]*$/, "");
  const addresses = (
    <ul class="small addresses">
      <li><code>{base.replace(/^http/, "ws")}ws/controller/telemetry</code> (WebSocket)</li>
      <li><code>{base}api/v1/datapoints/batch</code> (POST)</li>
    </ul>
  );
  const reading = view?.last_reading;
  const isUnheard = reading === undefined || reading === null;
  const values: Record<string, number | null> = isUnheard ? {} : { bt: reading.bt, et: reading.et, ...reading.extra_channels };
  const channels = listAt(doc, "/channels");
  return (
    <div class="step-panel" data-testid="push-link">
      <h3>The controller sends to one of</h3>
      {addresses}
      <p class="small muted">Each value names its channel by tag. Where logins are on, the controller shows a token; see docs/dialects.md.</p>
      {isAdminOfAll(house.me.value?.user) && house.summary(id) !== undefined && (
        <p class="row"><button type="button" class="button" data-testid="push-token" onClick={() => (isGiving.value = true)}>Give it a token</button></p>
      )}
      {isGiving.value && <TokenDialog first={{ name: id, role: "controller", machines: [id] }} onClose={() => (isGiving.value = false)}>{addresses}</TokenDialog>}
      {view !== null && (
        <p role="status" data-testid="push-heard">
          <Icon name={isUnheard ? "clock" : "check"} /> {isUnheard ? "Nothing has arrived yet." : view.driver_state === "connected" ? "Readings arrive." : "Readings came, and then none for too long."}
        </p>
      )}
      {channels.length > 0 && (
        <table>
          <caption class="visually-hidden">Tags and what arrived last</caption>
          <thead><tr><th scope="col">Tag</th><th scope="col">Channel</th><th scope="col" class="number">Last value</th></tr></thead>
          <tbody>
            {channels.map((channel) => {
              const key = String(channel["role"] ?? channel["id"] ?? "");
              const control = view?.controls.find((one) => one.id === channel["id"]);
              const value = control === undefined ? values[key] : control.value;
              return <tr key={key}><td><code>{String(channel["tag"] ?? `${id === "" ? "<id>" : id}.${String(channel["id"] ?? "")}`)}</code></td><td>{labelOf(channel)}</td><td class="number">{value ?? "––"}</td></tr>;
            })}
          </tbody>
        </table>
      )}
    </div>
  );
}
