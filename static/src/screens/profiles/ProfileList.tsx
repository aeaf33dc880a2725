// The saved roasts, newest first: to find, to tick and compare, to bring in, to throw away.

import { signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { rest } from "../../link/rest";
import { isNarrowed, NO_FILTER, toQuery, type ProfileFilter } from "../../model/profileFilter";
import { trash } from "../../store/trash";
import type { ProfileSummary } from "../../wire/types";
import { Banner, Trouble } from "../../ui/Banner";
import { Loading } from "../../ui/Loading";
import { link } from "../../ui/router";
import { FilterBar } from "./FilterBar";
import { Importer } from "./Importer";
import { ProfileTable } from "./ProfileTable";
import { TickedBar } from "./TickedBar";

const TYPING_MS = 250;

/** The list as far as it was fetched. */
type Page = { kind: "loading" } | { kind: "failed"; error: string } | { kind: "ready"; items: ProfileSummary[]; next: string | null };

/** What the list is narrowed by: kept, so that the way back from a roast finds it as it was. */
const filter = signal<ProfileFilter>(NO_FILTER);

export function ProfileList() {
  const page = useSignal<Page>({ kind: "loading" });
  /** In the order they were ticked, also those that the filter hides now: that is how two far apart are compared. */
  const ticked = useSignal<readonly ProfileSummary[]>([]);
  const round = useSignal(0);
  const moreFault = useSignal<string | null>(null);
  const more = async (cursor: string) => {
    moreFault.value = null;
    try {
      const { items, next_cursor } = await rest.profiles({ ...toQuery(filter.peek()), cursor });
      const held = page.peek();
      if (held.kind === "ready" && held.next === cursor) page.value = { kind: "ready", items: [...held.items, ...items], next: next_cursor };
    } catch (error) {
      moreFault.value = (error as Error).message;
    }
  };
  useEffect(() => {
    const abort = new AbortController();
    const load = () => rest.profiles(toQuery(filter.peek()), { signal: abort.signal }).then(
      ({ items, next_cursor }) => (page.value = { kind: "ready", items, next: next_cursor }),
      (error: Error) => {
        if (!abort.signal.aborted) page.value = { kind: "failed", error: error.message };
      },
    );
    const timer = setTimeout(() => void load(), page.peek().kind === "loading" ? 0 : TYPING_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [filter.value, round.value]);
  useEffect(() => {
    const leave = () => trash.flush();
    addEventListener("pagehide", leave);
    return () => {
      removeEventListener("pagehide", leave);
      trash.flush();
    };
  }, []);
  const shown = page.value;
  const items = shown.kind === "ready" ? shown.items.filter((item) => !trash.hidden.value.has(item.id)) : [];
  const tick = (item: ProfileSummary, isOn: boolean) => {
    const others = ticked.peek().filter((other) => other.id !== item.id);
    ticked.value = isOn ? [...others, item] : others;
  };
  return (
    <main class="page" data-testid="profiles">
      <header class="page-head">
        <h1 class="grow">Profiles</h1>
        <Importer onTaken={() => (round.value += 1)} />
      </header>
      <FilterBar filter={filter.value} onChange={(part) => (filter.value = { ...filter.peek(), ...part })} />
      <TrashBar />
      {ticked.value.length > 0 && <TickedBar chosen={ticked.value} onClear={() => (ticked.value = [])} />}
      {shown.kind === "loading" && <Loading what="profiles" />}
      {shown.kind === "failed" && <Trouble onRetry={() => (round.value += 1)}>{shown.error}</Trouble>}
      {shown.kind === "ready" && items.length === 0 && shown.next === null && <NoProfiles narrowed={isNarrowed(filter.value)} />}
      {items.length > 0 && <ProfileTable items={items} ticked={new Set(ticked.value.map((item) => item.id))} onTick={tick} />}
      {moreFault.value !== null && <p class="fault" role="alert">{moreFault.value}</p>}
      {shown.kind === "ready" && shown.next !== null && <p class="row more"><button type="button" class="button" data-testid="more" onClick={() => void more(shown.next ?? "")}>Show more</button></p>}
    </main>
  );
}

function TrashBar() {
  const held = trash.held.value;
  if (trash.fault.value !== null) return <Trouble actions={<button type="button" class="button" onClick={() => (trash.fault.value = null)}>Dismiss</button>}>{trash.fault.value}</Trouble>;
  if (held.length === 0) return null;
  return (
    <Banner icon="info" testId="trash" actions={<button type="button" class="button" data-testid="undo-delete" onClick={() => trash.undo()}>Undo</button>}>
      {held.length === 1 ? `${held[0]?.name} is deleted.` : `${held.length} profiles are deleted.`}
    </Banner>
  );
}

function NoProfiles({ narrowed }: { narrowed: boolean }) {
  return (
    <section class="panel empty">
      <h2>{narrowed ? "Nothing found" : "No profiles yet"}</h2>
      <p>{narrowed ? "No saved roast matches. Search for less, or take the filters away." : "A roast that you record and end appears here. Files of other programs come in by Import."}</p>
      {narrowed ? <button type="button" class="button primary" onClick={() => (filter.value = NO_FILTER)}>Show all</button> : <a class="button primary" href={link.wall()}>Go to the machines</a>}
    </section>
  );
}
