// One saved roast: its curve, its phases and figures, its events and card, and what can be done with it.

import { useSignal } from "@preact/signals";
import { rest } from "../../link/rest";
import { moment } from "../../model/format";
import { withMark } from "../../model/markEdit";
import { EVENT_NAMES, type Marks } from "../../model/marks";
import { marksIn } from "../../model/profileForm";
import { loadProfile, reference, temperaturesAt, type LoadedProfile } from "../../store/reference";
import { trash } from "../../store/trash";
import type { EventType, ProfileDocument } from "../../wire/types";
import { ChartPanel } from "../../ui/ChartPanel";
import { Chip } from "../../ui/Chip";
import { PhaseBar } from "../../ui/PhaseBar";
import { useHouse } from "../../ui/house";
import { go, link } from "../../ui/router";
import { CardPanel } from "./CardPanel";
import { EventsPanel } from "./EventsPanel";
import { ProfileLoader } from "./ProfileLoader";
import { StatisticsPanel } from "./StatisticsPanel";
import { FORMATS } from "./TickedBar";
import { useControlNames } from "./controlNames";
import { profileScene } from "./profileScene";

const HIDDEN: ReadonlySet<string> = new Set(["et_ror"]);

export function ProfileView({ id }: { id: string }) {
  return <ProfileLoader id={id}>{(loaded) => <Shown first={loaded} />}</ProfileLoader>;
}

function Shown({ first }: { first: LoadedProfile }) {
  const held = useSignal(first);
  const draft = useSignal<Marks | null>(null);
  const picking = useSignal<EventType | null>(null);
  const loaded = held.value;
  const { document } = loaded;
  const names = useControlNames(document.machine_id);
  const taken = (next: ProfileDocument) => (held.value = loadProfile(next));
  const place = (ms: number) => {
    const type = picking.peek();
    if (type === null || draft.peek() === null) return;
    const at = Math.min(document.duration_ms, Math.max(0, ms));
    draft.value = withMark(draft.peek() ?? new Map(), type, at, temperaturesAt(loaded.series, at));
    picking.value = null;
  };
  const remove = () => {
    trash.put([{ id: document.id, name: document.name }]);
    go(link.profiles());
  };
  return (
    <main class="page" data-testid="profile">
      <header class="page-head">
        <a class="button quiet" href={link.profiles()}>‹ Profiles</a>
        <h1>{document.name}</h1>
        {document.status === "draft" && <Chip>draft</Chip>}
        <span class="muted grow">{moment(document.created_at)} · {document.machine_name}</span>
        <MachineUse profileId={document.id} machineId={document.machine_id} />
      </header>
      <div class={`profile ${draft.value === null ? "" : "correcting"}`}>
        <PhaseBar marks={draft.value ?? marksIn(document.events)} nowMs={document.duration_ms} state="finished" />
        <ChartPanel
          scene={() => profileScene(held.peek(), HIDDEN, { laneLabels: names.peek(), marks: draft.peek() ?? undefined })}
          isLive={() => false} watch={(redraw) => [held.subscribe(redraw), draft.subscribe(redraw), names.subscribe(redraw)]} onTap={place} tools={picking.value !== null && <b role="status">Tap where {EVENT_NAMES[picking.value].short} belongs</b>} summary={`Roast curve of ${document.name}`}
        />
        <div class="side-by-side">
          <EventsPanel loaded={loaded} draft={draft} picking={picking} onSaved={taken} />
          <CardPanel document={document} onSaved={taken} />
        </div>
        <StatisticsPanel profile={document} />
        <section class="row" aria-label="Export">
          <a class="button" href={link.print(document.id)} data-testid="print">Print</a>
          {FORMATS.map(([format, name]) => <a key={format} class="button" href={rest.exportUrl(document.id, format)} download>Export {name}</a>)}
          <span class="grow" />
          <button type="button" class="button" data-testid="delete" onClick={remove}>Delete</button>
        </section>
      </div>
    </main>
  );
}

/** What a machine can do with the roast: replay it, or roast along it. */
function MachineUse({ profileId, machineId }: { profileId: string; machineId: string }) {
  const machines = useHouse().items.value;
  const chosen = useSignal<string | null>(null);
  const target = chosen.value ?? (machines.find((item) => item.id === machineId) ?? machines.find((item) => item.kind === "roaster") ?? machines[0])?.id;
  if (target === undefined) return <span class="small muted">Add a machine to replay this roast.</span>;
  return (
    <div class="row">
      <div class="field">
        <label class="visually-hidden" for="target-machine">On machine</label>
        <select id="target-machine" value={target} onChange={(event) => (chosen.value = event.currentTarget.value)}>
          {machines.map((item) => <option key={item.id} value={item.id}>{item.name}</option>)}
        </select>
      </div>
      <button type="button" class="button" data-testid="use-reference" onClick={() => {
        reference.keep(target, profileId);
        go(link.machine(target));
      }}>Use as reference</button>
      <button type="button" class="button primary" data-testid="open-replay" onClick={() => go(link.replay(target, profileId))}>Replay</button>
    </div>
  );
}
