// A replay on a machine. Framed so that nobody takes it for the machine: there is nothing here to steer a roaster with.

import { useSignal } from "@preact/signals";
import { duration, fixed, rate, temp } from "../../model/format";
import { inWords } from "../../model/lines";
import { marksIn } from "../../model/profileForm";
import type { LoadedProfile } from "../../store/reference";
import type { MachineStore } from "../../store/machine";
import { settings } from "../../store/settings";
import { linkStatus } from "../../store/status";
import { tick } from "../../store/ticker";
import { Banner } from "../../ui/Banner";
import { ChartPanel } from "../../ui/ChartPanel";
import { Chip } from "../../ui/Chip";
import { Icon } from "../../ui/Icon";
import { PhaseBar } from "../../ui/PhaseBar";
import { useMachine } from "../../ui/house";
import { link } from "../../ui/router";
import { laneLabels } from "../cockpit/machineLanes";
import { ProfileLoader } from "../profiles/ProfileLoader";
import { profileScene } from "../profiles/profileScene";

const SPEEDS = [0.5, 1, 2, 5, 10, 30, 60];
const HIDDEN: ReadonlySet<string> = new Set(["et_ror"]);

export function ReplayView({ id, profile }: { id: string; profile: string }) {
  const machine = useMachine(id);
  return <ProfileLoader id={profile}>{(loaded) => <Shown key={profile} machine={machine} loaded={loaded} />}</ProfileLoader>;
}

function Shown({ machine, loaded }: { machine: MachineStore; loaded: LoadedProfile }) {
  const running = machine.session.replay.value;
  const isMine = running?.profile_id === loaded.document.id;
  const positionMs = isMine || machine.replay.ended.value !== null ? (machine.replay.position.value?.positionMs ?? 0) : 0;
  const last = machine.replay.series;
  const at = Math.max(0, last.length - 1);
  const unit = settings.unit.value;
  const marks = marksIn(loaded.document.events);
  void machine.controls.order.value;
  const labels = laneLabels(machine);
  const reached = new Map([...marks].filter(([, mark]) => mark.timestamp_ms <= positionMs));
  return (
    <main class="page" data-testid="replay">
      <header class="page-head">
        <a class="button quiet" href={link.profile(loaded.document.id)}>‹ Profile</a>
        <h1>{loaded.document.name}</h1>
        <a class="button" href={link.machine(machine.id)} data-testid="back-to-live">Live: {machine.config.value?.name ?? machine.id} <LinkChip machine={machine} /></a>
      </header>
      <Notice machine={machine} />
      <div class="replay-frame" data-testid="replay-frame">
        <p class="replay-title">REPLAY – not live</p>
        <div class="replay-inner">
          <ReplayBar machine={machine} loaded={loaded} positionMs={positionMs} />
          <p class="row" aria-label="Replayed readings">
            <Chip>BT {temp(last.column("bt")[at], unit)} °{unit}</Chip>
            <Chip>RoR {rate(last.column("bt_ror")[at], unit)} /min</Chip>
            <Chip>ET {temp(last.column("et")[at], unit)} °{unit}</Chip>
            {Object.entries(machine.replay.position.value?.controls ?? {}).map(([control, value]) => <Chip key={control}>{labels.get(control) ?? inWords(control)} {machine.controls.line(control)?.peek().spec.type === "toggle" ? (value < 0.5 ? "off" : "on") : `${fixed(value * 100, 0)} %`}</Chip>)}
          </p>
          <PhaseBar marks={reached} nowMs={positionMs} state={!marks.has("CHARGE") ? "never" : isMine ? "replay_running" : "replay"} />
          <ChartPanel
            isLive={() => false} summary={`Replay of ${loaded.document.name}`}
            scene={() => profileScene(loaded, HIDDEN, { laneLabels: labels, replayed: { curve: machine.replay.series, untilMs: machine.replay.position.peek()?.positionMs ?? 0 } })}
            watch={(redraw) => [machine.onChange(redraw)]}
          />
        </div>
      </div>
    </main>
  );
}

function LinkChip({ machine }: { machine: MachineStore }) {
  const now = tick.value;
  const status = linkStatus(machine.link.value, now, machine.ageMs(now), machine.session.connection.value.driver_state === "connected");
  return <Chip icon={status.icon} tone={status.tone} code={status.code} testId="link-state">{status.text}</Chip>;
}

function Notice({ machine }: { machine: MachineStore }) {
  const notice = machine.session.notices.value[0];
  if (notice === undefined) return null;
  return (
    <Banner icon="info" testId="notice" actions={<button type="button" class="button" onClick={() => machine.session.dismiss(notice.id)}>Dismiss</button>}>
      {notice.message}
    </Banner>
  );
}

function ReplayBar({ machine, loaded, positionMs }: { machine: MachineStore; loaded: LoadedProfile; positionMs: number }) {
  const speed = useSignal(1);
  /** Where the thumb is while a hand holds it: the replay going on does not pull it away. */
  const held = useSignal<number | null>(null);
  const running = machine.session.replay.value;
  const isMine = running?.profile_id === loaded.document.id;
  const totalMs = machine.replay.position.value?.totalMs || loaded.document.duration_ms;
  const profile_id = loaded.document.id;
  const shownMs = held.value ?? positionMs;
  const isRoasting = machine.session.state.value === "recording";
  const start = (factor: number, fromMs: number) => {
    if (!machine.replayCommand({ action: "start", profile_id, speed: factor })) return;
    if (fromMs > 0) machine.replayCommand({ action: "seek", timestamp_ms: Math.round(fromMs) });
  };
  const setSpeed = (factor: number) => {
    speed.value = factor;
    // The protocol has no "other speed": the replay starts anew and jumps to where it was.
    if (isMine) start(factor, positionMs);
  };
  return (
    <div class="replay-bar">
      {!isMine && <button type="button" class="button primary" disabled={isRoasting} data-testid="replay-start" onClick={() => start(speed.value, 0)}><Icon name="play" /> Start replay</button>}
      {isMine && running?.state === "playing" && <button type="button" class="button" data-testid="replay-pause" onClick={() => machine.replayCommand({ action: "pause" })}><Icon name="pause" /> Pause</button>}
      {isMine && running?.state === "paused" && <button type="button" class="button primary" data-testid="replay-resume" onClick={() => machine.replayCommand({ action: "resume" })}><Icon name="play" /> Resume</button>}
      {isMine && <button type="button" class="button" data-testid="replay-stop" onClick={() => machine.replayCommand({ action: "stop" })}><Icon name="stop" /> End</button>}
      <div class="field">
        <label class="visually-hidden" for="replay-speed">Speed</label>
        <select id="replay-speed" data-testid="replay-speed" value={String(isMine ? running?.speed : speed.value)} onChange={(event) => setSpeed(Number(event.currentTarget.value))}>
          {SPEEDS.map((factor) => <option key={factor} value={String(factor)}>{factor}×</option>)}
        </select>
      </div>
      <input
        type="range" min={0} max={totalMs} step={1000} value={shownMs} disabled={!isMine} aria-label="Position" aria-valuetext={duration(shownMs)} data-testid="replay-position"
        onInput={(event) => (held.value = Number(event.currentTarget.value))}
        onChange={(event) => {
          held.value = null;
          machine.replayCommand({ action: "seek", timestamp_ms: Number(event.currentTarget.value) });
        }}
      />
      <span data-testid="replay-clock">{duration(shownMs)} / {duration(totalMs)}</span>
      {isRoasting && <Chip icon="record">This machine is roasting: replay on another one, or when it has finished</Chip>}
      {running !== null && !isMine && <Chip icon="info">Another profile is being replayed by {running.by}</Chip>}
      {machine.replay.ended.value === "finished" && !isMine && <Chip icon="check">Played to its end</Chip>}
    </div>
  );
}
