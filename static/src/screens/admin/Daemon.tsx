// The daemon as a whole: how it is, how its machines' links are, and a copy of everything.

import { rest } from "../../link/rest";
import { uptime } from "../../model/format";
import { family } from "../../model/metrics";
import { isAdminOfAll } from "../../model/people";
import { driverWords } from "../../store/status";
import type { HealthView, MachineSummary, StorageView } from "../../wire/types";
import { Chip } from "../../ui/Chip";
import { Fault } from "../../ui/Field";
import { Icon } from "../../ui/Icon";
import { Fetching } from "../../ui/Fetching";
import { useHouse } from "../../ui/house";
import { link } from "../../ui/router";
import { useFetched } from "../../ui/useFetched";
import { useWork } from "../../ui/work";
import { BackUp } from "./BackUp";
import { MachineHealth } from "./MachineHealth";
import { StorageChip, StorageTroubles } from "./Storage";

const LOOK_EVERY_MS = 5_000;

/** What is known of the daemon. */
type About = { version: string; uptimeS: number; sockets: number | undefined; storage: StorageView | null; watchers: ReadonlyMap<string, number>; health: ReadonlyMap<string, HealthView> };

async function look(machines: readonly MachineSummary[], signal: AbortSignal): Promise<About> {
  const [about, metrics, healths] = await Promise.all([
    rest.health({ signal }), rest.metrics({ signal }),
    Promise.all(machines.map((machine) => rest.machineHealth(machine.id, { signal }).catch(() => null))),
  ]);
  return {
    version: about.version, uptimeS: about.uptime_seconds, sockets: family(metrics, "hearth_sockets").get(""), storage: about.storage, watchers: family(metrics, "hearth_machine_watchers"),
    health: new Map(healths.flatMap((health) => (health === null ? [] : [[health.machine_id, health] as const]))),
  };
}

export function Daemon() {
  const house = useHouse();
  const list = house.list.value;
  const machines = house.items.value;
  const daemon = useFetched((signal) => look(house.items.peek(), signal), [list.kind, machines.length], LOOK_EVERY_MS);
  const user = house.me.value?.user;
  const about = daemon.value;
  return (
    <>
      <Fetching of={daemon} what="what the daemon says of itself" testId="admin-failed" />
      {about !== null && (
        <section class="panel row" aria-label="Daemon" data-testid="daemon">
          <Chip icon="check">running {uptime(about.uptimeS)}</Chip>
          <Chip>Hearth {about.version}</Chip>
          {about.sockets !== undefined && <Chip>{about.sockets} {about.sockets === 1 ? "socket" : "sockets"} open</Chip>}
          {about.storage !== null && <StorageChip storage={about.storage} />}
          {about.storage?.index === "building" && <Chip icon="clock" testId="index">the list of profiles is being made</Chip>}
          <span class="grow" />
          <a class="button" href="api/docs">REST description</a>
          <a class="button" href="metrics">All figures</a>
        </section>
      )}
      {about?.storage && <StorageTroubles storage={about.storage} />}
      <h2 class="section-head">Machines</h2>
      {list.kind === "ready" && machines.length === 0 && <section class="panel empty"><h2>No machines yet</h2><p>Their links and how well they answer appear here.</p><a class="button primary" href={link.add()}>Add a machine</a></section>}
      <ul class="alarm-list">
        {machines.map((machine) => <li key={machine.id}><Machine machine={machine} health={about?.health.get(machine.id)} watchers={about?.watchers.get(machine.id)} /></li>)}
      </ul>
      {isAdminOfAll(user) && <h2 class="section-head">Copy of everything</h2>}
      {isAdminOfAll(user) && <BackUp />}
    </>
  );
}

function Machine({ machine, health, watchers }: { machine: MachineSummary; health: HealthView | undefined; watchers: number | undefined }) {
  const house = useHouse();
  const { busy, fault, run } = useWork();
  const restart = async () => {
    await rest.restart(machine.id);
    await house.refresh();
  };
  const state = driverWords(machine.driver_state);
  return (
    <article class="panel step-panel" data-testid={`health-${machine.id}`}>
      <header class="row">
        <h3 class="grow"><a href={link.machine(machine.id)}>{machine.name}</a></h3>
        <Chip icon={state.icon} tone={state.tone} code={machine.driver_state} testId="driver-state">{state.text}</Chip>
        <a class="button" href={link.setup(machine.id)} aria-label={`Set up ${machine.name}`}><Icon name="sliders" /> Set up</a>
        <button type="button" class="button" disabled={busy.value || machine.session_state === "recording"} data-testid={`restart-${machine.id}`} onClick={() => void run(restart)}>{busy.value ? "Restarting…" : "Restart"}</button>
      </header>
      {machine.session_state === "recording" && <p class="small muted">It is recording: a restart waits until the recording has ended.</p>}
      <Fault text={fault.value} />
      {health !== undefined && <MachineHealth health={health} watchers={watchers} />}
    </article>
  );
}
