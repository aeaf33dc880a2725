// Roasts side by side: the first is the one the others are measured by.

import { useComputed, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { ALIGN_BY, anchorMs, type AlignBy } from "../../model/align";
import { EVENT_NAMES } from "../../model/marks";
import { settings } from "../../store/settings";
import type { LoadedProfile } from "../../store/reference";
import type { Compared } from "../../chart/compareChart";
import { Banner, Trouble } from "../../ui/Banner";
import { Loading } from "../../ui/Loading";
import { link } from "../../ui/router";
import { medianIntervalMs } from "../profiles/profileScene";
import { CompareFigures } from "./CompareFigures";
import { ComparePanel } from "./ComparePanel";
import { ComparePaper } from "./ComparePaper";
import { loadAll, type Loaded } from "./loadAll";

const GAP_INTERVALS = 5;
const BEFORE_CHARGE_MS = 30_000;

export function CompareView({ ids }: { ids: string[] }) {
  const loaded = useSignal<Loaded | null>(null);
  const attempt = useSignal(0);
  useEffect(() => {
    const abort = new AbortController();
    loaded.value = null;
    void loadAll(ids, abort.signal).then((found) => {
      if (!abort.signal.aborted) loaded.value = found;
    });
    return () => abort.abort();
  }, [ids.join(), attempt.value]);
  const found = loaded.value;
  return (
    <main class="page" data-testid="compare-view">
      <header class="page-head">
        <a class="button quiet" href={link.profiles()}>‹ Profiles</a>
        <h1 class="grow">Compare</h1>
        {found !== null && found.roasts.length > 1 && <button type="button" class="button" data-testid="print-compare" onClick={() => print()}>Print</button>}
      </header>
      {found === null && <Loading what={`${ids.length} roasts`} />}
      {found?.faults.map((fault) => <Trouble key={fault} onRetry={() => (attempt.value += 1)}>{fault}</Trouble>)}
      {found !== null && found.roasts.length < 2 && found.faults.length === 0 && <TooFew />}
      {found !== null && found.roasts.length > 1 && <Shown roasts={found.roasts} />}
    </main>
  );
}

function TooFew() {
  return (
    <section class="panel empty">
      <h2>Nothing to compare</h2>
      <p>Tick two to five roasts in the list, then press Compare.</p>
      <a class="button primary" href={link.profiles()}>Choose roasts</a>
    </section>
  );
}

function Shown({ roasts }: { roasts: LoadedProfile[] }) {
  const by = useSignal<AlignBy>("CHARGE");
  const withRor = useSignal(true);
  const compared = useComputed(() => roasts.flatMap((roast, place): Compared[] => toCompared(roast, place, by.value)));
  const left = roasts.filter((roast) => anchorMs(roast.document, by.value) === null).map((roast) => roast.document.name);
  return (
    <div class="compare">
      <div class="row">
        <div class="row" role="group" aria-label="Align by">
          <span class="small muted">Align by</span>
          {ALIGN_BY.map((type) => (
            <button key={type} type="button" class="button" aria-pressed={by.value === type} data-testid={`align-${type}`} onClick={() => (by.value = type)}>{EVENT_NAMES[type].short}</button>
          ))}
        </div>
        <span class="grow" />
        <button type="button" class="button" aria-pressed={withRor.value} data-testid="toggle-ror" onClick={() => (withRor.value = !withRor.peek())}>RoR</button>
      </div>
      {left.map((name) => <Banner key={name} icon="info" testId="not-aligned">{name} has no {EVENT_NAMES[by.value].short}, so it is not drawn. Align by another event, or correct its events.</Banner>)}
      <div class="compare-zones">
        <ComparePanel compared={compared} withRor={withRor} />
        <ComparePaper compared={compared.value} withRor={withRor.value} unit={settings.unit.value} by={by.value} />
        <CompareFigures roasts={roasts.map((roast) => roast.document)} />
      </div>
    </div>
  );
}

function toCompared({ document, series }: LoadedProfile, place: number, by: AlignBy): Compared[] {
  const anchor = anchorMs(document, by);
  if (anchor === null) return [];
  const charge = anchorMs(document, "CHARGE");
  const drop = document.events.find((event) => event.event_type === "DROP")?.timestamp_ms;
  return [{
    label: place === 0 ? "REF" : String.fromCharCode(64 + place), place, curve: series, anchorMs: anchor,
    fromMs: charge === null ? 0 : Math.max(0, charge - BEFORE_CHARGE_MS), toMs: drop ?? document.duration_ms, gapMs: GAP_INTERVALS * medianIntervalMs(series.t),
  }];
}
