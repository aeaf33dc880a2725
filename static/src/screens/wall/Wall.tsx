// The wall: every machine at a glance, in the order of this device. Nothing moves when something happens.

import { useSignal, type Signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { moved } from "../../model/order";
import { isAdminOfAll } from "../../model/people";
import { wantsAck } from "../../store/alarms";
import { settings, type Density } from "../../store/settings";
import { tasks } from "../../store/tasks";
import { tick } from "../../store/ticker";
import { Banner } from "../../ui/Banner";
import { Chip } from "../../ui/Chip";
import { ErrorBoundary } from "../../ui/ErrorBoundary";
import { Icon } from "../../ui/Icon";
import { useHouse } from "../../ui/house";
import { useKeys } from "../../ui/keys";
import { link } from "../../ui/router";
import { SoundChip } from "../SoundChip";
import { AddSimulator } from "./AddSimulator";
import { AlarmStrip } from "./AlarmStrip";
import { MachineCard } from "./MachineCard";
import { Movers, type Carried } from "./Movers";

export function Wall() {
  const house = useHouse();
  const arranging = useSignal(false);
  const carried = useSignal<Carried | null>(null);
  useEffect(() => tasks.hold(), []);
  const list = house.list.value;
  const items = house.items.value;
  const density = settings.density.value;
  const mayAdd = house.me.value === null || isAdminOfAll(house.me.value.user);
  const worst = house.alarms.value.find(({ alarm }) => wantsAck(alarm));
  useKeys((action) => {
    if (action.do === "ack" && worst !== undefined) house.get(worst.machine.id).ackTopAlarm();
  }, (action) => action.do === "ack");
  const ids = items.map((item) => item.id);
  const move = (id: string, by: number) => (settings.order.value = moved(ids, id, by));
  return (
    <main class="page" data-testid="wall" data-density={density}>
      <header class="page-head">
        <h1>Machines</h1>
        {items.length > 0 && <Live />}
        {density === "tv" && <Clock />}
        <span class="grow" />
        {items.length > 0 && <SoundChip />}
        {items.length > 0 && <Layout arranging={arranging} />}
        {mayAdd && (
          <a class="button" href={link.add()} aria-label="Add machine" data-testid="add-machine">
            <Icon name="plus" /> <span class="roomy">Add machine</span>
          </a>
        )}
      </header>
      {items.length > 0 && <AlarmStrip />}
      {list.kind === "loading" && <Skeletons />}
      {list.kind === "failed" && (
        <Banner icon="triangle" tone="warning" testId="list-failed" actions={<Retry />}>
          {list.error.message}
        </Banner>
      )}
      {list.kind === "ready" && items.length === 0 && (mayAdd ? <Empty /> : <section class="panel empty"><h2>No machines for you yet</h2><p>An admin says which machines you see.</p></section>)}
      <ul class={`cards ${density}`}>
        {items.map((summary) => (
          <li key={summary.id} data-machine={summary.id} class={carried.value?.id === summary.id ? "carried" : carried.value?.over === summary.id ? "over" : ""}>
            <ErrorBoundary name={summary.name}>
              <MachineCard summary={summary} />
            </ErrorBoundary>
            {arranging.value && <Movers ids={ids} id={summary.id} name={summary.name} carried={carried} onMove={move} />}
          </li>
        ))}
      </ul>
      {list.kind === "ready" && list.error !== null && (
        <Banner icon="triangle" tone="warning" testId="list-old" actions={<Retry />}>
          {list.error} What you see is the last that was known.
        </Banner>
      )}
    </main>
  );
}

/** How many machines are live: those that answer, and whose answers reach this page. */
function Live() {
  const house = useHouse();
  const items = house.items.value;
  const live = items.map(({ id }) => house.get(id)).filter(({ link: { value }, session }) => value.kind === "live" && session.connection.value.driver_state === "connected").length;
  return <Chip icon={live === items.length ? "dot" : "triangle"} tone={live === items.length ? "plain" : "warning"} testId="live-count">live {live}/{items.length}</Chip>;
}

function Clock() {
  void tick.value;
  return <b class="clock" data-testid="clock">{new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })}</b>;
}

const DENSITIES: [Density, string][] = [["wall", "Cards"], ["list", "List"], ["tv", "TV"]];

function Layout({ arranging }: { arranging: Signal<boolean> }) {
  return (
    <>
      <label class="field layout">
        <span class="visually-hidden">Layout</span>
        <select data-testid="density" value={settings.density.value} onChange={(event) => (settings.density.value = event.currentTarget.value as Density)}>
          {DENSITIES.map(([value, text]) => <option key={value} value={value}>{text}</option>)}
        </select>
      </label>
      <button type="button" class="button" aria-pressed={arranging.value} data-testid="arrange" onClick={() => (arranging.value = !arranging.peek())}>
        Arrange
      </button>
    </>
  );
}

function Retry() {
  const house = useHouse();
  return (
    <button type="button" class="button" onClick={() => void house.refresh()}>
      Try again
    </button>
  );
}

function Empty() {
  return (
    <section class="panel empty" data-testid="empty">
      <h2>No machines yet</h2>
      <p>A simulated roaster needs no hardware and shows everything: preheat, charge, the curve, saving and replay.</p>
      <AddSimulator />
      <a class="button" href={link.add()}>
        Add a machine
      </a>
    </section>
  );
}

function Skeletons() {
  return (
    <ul class="cards" aria-label="Loading machines">
      {[0, 1].map((key) => (
        <li key={key} class="panel card">
          <div class="skeleton card-line" />
          <div class="skeleton spark" />
        </li>
      ))}
    </ul>
  );
}
