// A roast on paper: one or two pages A4. On screen it is laid out as it will come out of the printer.

import { useSignal } from "@preact/signals";
import { rest } from "../../link/rest";
import { moment, weight } from "../../model/format";
import { loadProfile, type LoadedProfile } from "../../store/reference";
import type { ProfileSummary } from "../../wire/types";
import { Stars } from "../../ui/Stars";
import { link } from "../../ui/router";
import { useFetched } from "../../ui/useFetched";
import { ProfileLoader } from "../profiles/ProfileLoader";
import { Paper } from "./Paper";

const OFFERED = 30;

export function PrintView({ id, against }: { id: string; against: string | null }) {
  return <ProfileLoader id={id}>{(loaded) => <Shown loaded={loaded} against={against} />}</ProfileLoader>;
}

function Shown({ loaded, against }: { loaded: LoadedProfile; against: string | null }) {
  const { document } = loaded;
  const chosen = useSignal(against ?? "");
  const offered = useFetched((signal) => rest.profiles({ machine_id: document.machine_id, limit: OFFERED }, { signal })).value?.items.filter((item) => item.id !== document.id) ?? [];
  const { value, error } = useFetched(async (signal) => (chosen.peek() === "" ? null : loadProfile(await rest.profile(chosen.peek(), { signal }))), [chosen.value]);
  // The one before is not what was asked for.
  const reference = error === null ? value : null;
  const isListed = reference === null || offered.some((item) => item.id === reference.document.id);
  return (
    <main class="page print-view" data-testid="print-view">
      <header class="page-head no-print">
        <a class="button quiet" href={link.profile(document.id)}>‹ Profile</a>
        <div class="field grow">
          <label for="print-against">Compare with</label>
          <select id="print-against" data-testid="print-against" value={chosen.value} onChange={(event) => (chosen.value = event.currentTarget.value)}>
            <option value="">Nothing</option>
            {!isListed && <option value={reference.document.id}>{reference.document.name}</option>}
            {offered.map((item) => <option key={item.id} value={item.id}>{item.name} · {moment(item.created_at)}</option>)}
          </select>
        </div>
        <button type="button" class="button primary" data-testid="print-now" onClick={() => print()}>Print</button>
      </header>
      {error !== null && <p class="fault no-print" role="alert">{error}</p>}
      <article class="sheet" data-testid="sheet">
        <Head document={document} />
        <Paper loaded={loaded} reference={reference} />
      </article>
    </main>
  );
}

function Head({ document: d }: { document: ProfileSummary }) {
  const facts: [string, string | undefined][] = [
    ["Machine", d.machine_name], ["Date", moment(d.created_at)], ["Batch", d.batch], ["Operator", d.operator], ["Bean", d.bean],
    ["Weight", d.green_weight_g ? `${weight(d.green_weight_g)} → ${weight(d.roasted_weight_g)}` : undefined], ["Tags", d.tags.join(", ")],
  ];
  return (
    <header class="sheet-head">
      <h1>{d.name}</h1>
      <dl class="facts">
        {facts.filter(([, text]) => text !== undefined && text !== "").map(([name, text]) => <div key={name}><dt>{name}</dt><dd>{text}</dd></div>)}
        {d.rating !== undefined && <div><dt>Rating</dt><dd><Stars value={d.rating} /></dd></div>}
      </dl>
    </header>
  );
}
