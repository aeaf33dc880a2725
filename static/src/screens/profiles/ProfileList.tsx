// The saved roasts, newest first.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { rest } from "../../link/rest";
import { duration, fixed, moment, temp, weight } from "../../model/format";
import { settings } from "../../store/settings";
import type { ProfileSummary } from "../../wire/types";
import { Banner } from "../../ui/Banner";
import { Chip } from "../../ui/Chip";
import { useHouse } from "../../ui/house";
import { link } from "../../ui/router";

const TYPING_MS = 250;

/** The list as far as it was fetched. */
type Page = { kind: "loading" } | { kind: "failed"; error: string } | { kind: "ready"; items: ProfileSummary[]; next: string | null };

export function ProfileList() {
  const house = useHouse();
  const query = useSignal("");
  const machine = useSignal("");
  const page = useSignal<Page>({ kind: "loading" });
  const narrowed = () => ({ q: query.peek(), machine_id: machine.peek() });
  const load = (signal?: AbortSignal) =>
    rest.profiles(narrowed(), signal === undefined ? {} : { signal }).then(
      ({ items, next_cursor }) => (page.value = { kind: "ready", items, next: next_cursor }),
      (error: Error) => {
        if (!signal?.aborted) page.value = { kind: "failed", error: error.message };
      },
    );
  const more = async (cursor: string) => {
    const { items, next_cursor } = await rest.profiles({ ...narrowed(), cursor });
    const held = page.peek();
    if (held.kind === "ready") page.value = { kind: "ready", items: [...held.items, ...items], next: next_cursor };
  };
  useEffect(() => {
    const abort = new AbortController();
    const timer = setTimeout(() => void load(abort.signal), query.value === "" ? 0 : TYPING_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [query.value, machine.value]);
  const list = house.list.value;
  const shown = page.value;
  return (
    <main class="page" data-testid="profiles">
      <header class="page-head">
        <h1>Profiles</h1>
        <div class="field grow">
          <label class="visually-hidden" for="profile-search">Search</label>
          <input id="profile-search" type="search" placeholder="Search name, bean, notes" value={query.value} onInput={(event) => (query.value = event.currentTarget.value)} data-testid="profile-search" />
        </div>
        <div class="field">
          <label class="visually-hidden" for="profile-machine">Machine</label>
          <select id="profile-machine" value={machine.value} onChange={(event) => (machine.value = event.currentTarget.value)}>
            <option value="">All machines</option>
            {list.kind === "ready" && list.items.map((item) => <option key={item.id} value={item.id}>{item.name}</option>)}
          </select>
        </div>
      </header>
      {shown.kind === "loading" && <p role="status" class="muted">Loading profiles…</p>}
      {shown.kind === "failed" && <Banner icon="triangle" tone="warning" urgent actions={<button type="button" class="button" onClick={() => void load()}>Try again</button>}>{shown.error}</Banner>}
      {shown.kind === "ready" && shown.items.length === 0 && <NoProfiles isNarrowed={query.value !== "" || machine.value !== ""} />}
      {shown.kind === "ready" && shown.items.length > 0 && <Rows items={shown.items} />}
      {shown.kind === "ready" && shown.next !== null && <p class="row"><button type="button" class="button" onClick={() => void more(shown.next ?? "")}>Show more</button></p>}
    </main>
  );
}

function NoProfiles({ isNarrowed }: { isNarrowed: boolean }) {
  return (
    <section class="panel empty">
      <h2>{isNarrowed ? "Nothing found" : "No profiles yet"}</h2>
      <p>{isNarrowed ? "No saved roast matches. Search for less, or choose all machines." : "A roast that you record and end appears here."}</p>
      {!isNarrowed && <a class="button primary" href={link.wall()}>Go to the machines</a>}
    </section>
  );
}

function Rows({ items }: { items: ProfileSummary[] }) {
  const unit = settings.unit.value;
  const event = (item: ProfileSummary, type: string) => item.events.find((mark) => mark.event_type === type);
  return (
    <div class="panel scroll-x">
      <table class="as-cards">
        <thead>
          <tr>
            <th scope="col">Roast</th>
            <th scope="col">Machine</th>
            <th scope="col" class="number">Green</th>
            <th scope="col" class="number">Total</th>
            <th scope="col" class="number">DTR</th>
            <th scope="col" class="number">FCs</th>
            <th scope="col" class="number">Drop</th>
            <th scope="col" class="number">Loss</th>
          </tr>
        </thead>
        <tbody>
          {items.map((item) => (
            <tr key={item.id} data-testid="profile-row">
              <td>
                <a class="row-link" href={link.profile(item.id)}>{item.name}</a>
                <br />
                <span class="small muted">{moment(item.created_at)}{item.bean === undefined ? "" : ` · ${item.bean}`}</span> {item.status === "draft" && <Chip>draft</Chip>}
              </td>
              <td data-name="Machine">{item.machine_name}</td>
              <td data-name="Green" class="number">{weight(item.green_weight_g)}</td>
              <td data-name="Total" class="number">{duration(item.statistics.total_ms ?? item.duration_ms)}</td>
              <td data-name="DTR" class="number">{fixed(item.statistics.dtr_pct)} %</td>
              <td data-name="FCs" class="number">{temp(event(item, "FCs")?.bt_at_event, unit)} °{unit}</td>
              <td data-name="Drop" class="number">{temp(event(item, "DROP")?.bt_at_event, unit)} °{unit}</td>
              <td data-name="Loss" class="number">{fixed(item.statistics.weight_loss_pct)} %</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
