// One saved roast: its curve, its phases and figures, its events, and the way to replay it.

import { useSignal } from "@preact/signals";
import { rest } from "../../link/rest";
import { moment, weight } from "../../model/format";
import type { LoadedProfile } from "../../store/reference";
import { Chip } from "../../ui/Chip";
import { ChartPanel } from "../../ui/ChartPanel";
import { PhaseBar } from "../../ui/PhaseBar";
import { useHouse } from "../../ui/house";
import { go, link } from "../../ui/router";
import { EventTable } from "./EventTable";
import { ProfileLoader } from "./ProfileLoader";
import { StatisticsPanel } from "./StatisticsPanel";
import { marksOf, profileScene } from "./profileScene";

const HIDDEN: ReadonlySet<string> = new Set(["et_ror"]);
const NEVER = () => () => undefined;

export function ProfileView({ id }: { id: string }) {
  return <ProfileLoader id={id}>{(loaded) => <Shown loaded={loaded} />}</ProfileLoader>;
}

function Shown({ loaded }: { loaded: LoadedProfile }) {
  const { document } = loaded;
  const marks = marksOf(document);
  const weights = document.green_weight_g === undefined ? null : `${weight(document.green_weight_g)} → ${weight(document.roasted_weight_g)}`;
  return (
    <main class="page" data-testid="profile">
      <header class="page-head">
        <a class="button quiet" href={link.profiles()}>‹ Profiles</a>
        <h1>{document.name}</h1>
        {document.status === "draft" && <Chip>draft</Chip>}
        <span class="grow" />
        <ReplayStarter profileId={document.id} machineId={document.machine_id} />
      </header>
      <div class="profile">
        <p class="muted">
          {moment(document.created_at)} · {document.machine_name}
          {document.bean !== undefined && ` · ${document.bean}`}
          {weights !== null && ` · ${weights}`}
        </p>
        <PhaseBar marks={marks} nowMs={document.duration_ms} state="finished" />
        <ChartPanel scene={() => profileScene(loaded, HIDDEN)} isLive={() => false} watch={NEVER} summary={`Roast curve of ${document.name}`} />
        <StatisticsPanel statistics={document.statistics} />
        <EventTable marks={marks} />
        {document.notes !== undefined && document.notes !== "" && <section class="panel"><h3>Notes</h3><p class="notes">{document.notes}</p></section>}
        <section class="row" aria-label="Export">
          {(["json", "csv", "alog"] as const).map((format) => (
            <a key={format} class="button" href={rest.exportUrl(document.id, format)} download>Export {format === "alog" ? ".alog" : format.toUpperCase()}</a>
          ))}
          <span class="grow" />
          <DeleteButton id={document.id} />
        </section>
      </div>
    </main>
  );
}

function ReplayStarter({ profileId, machineId }: { profileId: string; machineId: string }) {
  const house = useHouse();
  const list = house.list.value;
  const machines = list.kind === "ready" ? list.items : [];
  const chosen = useSignal<string | null>(null);
  const target = chosen.value ?? machines.find((item) => item.id === machineId)?.id ?? machines[0]?.id;
  return (
    <div class="row">
      <div class="field">
        <label class="visually-hidden" for="replay-machine">Replay on</label>
        <select id="replay-machine" value={target ?? ""} onChange={(event) => (chosen.value = event.currentTarget.value)}>
          {machines.map((item) => <option key={item.id} value={item.id}>{item.name}</option>)}
        </select>
      </div>
      <button type="button" class="button primary" disabled={target === undefined} data-testid="open-replay" onClick={() => target !== undefined && go(link.replay(target, profileId))}>
        Replay
      </button>
    </div>
  );
}

/** Deleting asks once more, in place: the second press does it. */
function DeleteButton({ id }: { id: string }) {
  const sure = useSignal(false);
  const fault = useSignal<string | null>(null);
  const press = () => {
    if (!sure.peek()) {
      sure.value = true;
      return;
    }
    rest.deleteProfile(id).then(() => go(link.profiles()), (error: Error) => (fault.value = error.message));
  };
  return (
    <>
      {fault.value !== null && <span class="fault" role="alert">{fault.value}</span>}
      {sure.value && <button type="button" class="button" onClick={() => (sure.value = false)}>Keep</button>}
      <button type="button" class="button" onClick={press}>{sure.value ? "Delete for good" : "Delete"}</button>
    </>
  );
}
