// The top line: which machine, what it does, whether the picture is fresh, who steers. Its end is left free for STOP.

import { useEffect } from "preact/hooks";
import { taskBrief } from "../../model/taskWords";
import { tasks } from "../../store/tasks";
import { tick } from "../../store/ticker";
import { linkStatus } from "../../store/status";
import { canSend, type LinkState } from "../../link/state";
import type { MachineStore } from "../../store/machine";
import { Chip } from "../../ui/Chip";
import { Icon } from "../../ui/Icon";
import { link } from "../../ui/router";
import { SoundChip } from "../SoundChip";
import { StateChip } from "../wall/MachineCard";

type Props = { machine: MachineStore; name: string; onHelp?: () => void };

export function Head({ machine, name, onHelp }: Props) {
  const replay = machine.session.replay.value;
  return (
    <header class="head">
      <a class="button quiet" href={link.wall()} aria-label="All machines">
        <Icon name="back" />
      </a>
      <h1>{name}</h1>
      <div class="states">
        <StateChip state={machine.session.state.value} />
        <LinkChip machine={machine} />
        {machine.session.truncated.value && <Chip icon="info" testId="truncated">part of the curve is gone</Chip>}
      </div>
      <div class="hands">
        {canReconnect(machine.link.value) && <button type="button" class="button" onClick={() => machine.wake()}>Now</button>}
        <LeaseChip machine={machine} />
        {replay !== null && (
          <a class="button" href={link.replay(machine.id, replay.profile_id)} data-testid="replay-running">
            Replay runs
          </a>
        )}
      </div>
      <SoundChip />
      <a class="button" href={link.setup(machine.id)} aria-label="Set up" data-testid="open-setup">
        <Icon name="sliders" />
      </a>
      {onHelp !== undefined && (
        <>
          <ProgramLink machine={machine} />
          <button type="button" class="button" aria-label="Help and shortcuts" onClick={onHelp} data-testid="help">
            <Icon name="help" />
          </button>
        </>
      )}
      <span class="stop-room" />
    </header>
  );
}

/** The way to the programs, and how far one is that runs. */
function ProgramLink({ machine }: { machine: MachineStore }) {
  useEffect(() => tasks.hold(), []);
  const running = tasks.items.value.find((task) => task.name === "program" && task.machine_id === machine.id && (task.status === "running" || task.status === "paused"));
  const words = running === undefined ? "" : taskBrief(running);
  return (
    <a class="button" href={link.programs(machine.id)} aria-label={words === "" ? "Programs" : words} data-testid="programs">
      <Icon name="steps" />{words !== "" && <span class="roomy">{words}</span>}
    </a>
  );
}

function LinkChip({ machine }: { machine: MachineStore }) {
  const now = tick.value;
  const state = machine.link.value;
  const isDue = machine.session.connection.value.driver_state === "connected";
  const status = linkStatus(state, now, machine.ageMs(now), isDue);
  return <Chip icon={status.icon} tone={status.tone} code={status.code} testId="link-state">{status.text}</Chip>;
}

/** Whether a person may not want to wait for the next try. */
const canReconnect = ({ kind }: LinkState) => kind === "waiting" || kind === "polling";

function LeaseChip({ machine }: { machine: MachineStore }) {
  const { holder, yours } = machine.session.lease.value;
  // Where room is scarce the machine's name matters more.
  if (holder === null) return <span class="roomy"><Chip testId="lease">control: free</Chip></span>;
  return (
    <>
      <Chip icon="lock" tone={yours ? "selected" : "plain"} testId="lease">
        {yours ? <>you<span class="wordy"> control</span></> : holder.name}
      </Chip>
      {yours && canSend(machine.link.value) && (
        <button type="button" class="button" onClick={() => machine.command({ action: "release_control" })}>
          Release
        </button>
      )}
    </>
  );
}
