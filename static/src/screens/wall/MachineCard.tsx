// One machine on the wall.

import { useEffect, useRef } from "preact/hooks";
import { SPARK_SPACING_MS, scheduler } from "../../chart/scheduler";
import { drawSparkline } from "../../chart/sparkline";
import { readTheme } from "../../chart/theme";
import { age, duration, rate, temp } from "../../model/format";
import { at, EVENT_NAMES } from "../../model/marks";
import { wantsAck } from "../../store/alarms";
import { forecast } from "../../store/forecast";
import { settings } from "../../store/settings";
import { driverStatus, linkStatus } from "../../store/status";
import { onTick, tick } from "../../store/ticker";
import type { MachineStore } from "../../store/machine";
import type { MachineSummary } from "../../wire/types";
import { Chip } from "../../ui/Chip";
import { Icon } from "../../ui/Icon";
import { useMachine } from "../../ui/house";
import { link } from "../../ui/router";
import { ChannelList } from "./ChannelList";
import { TaskChip } from "./TaskChip";

export function MachineCard({ summary }: { summary: MachineSummary }) {
  const machine = useMachine(summary.id);
  const now = tick.value;
  const { session } = machine;
  const state = machine.loaded.value ? session.state.value : summary.session_state;
  const last = session.readout.value ?? summary.last_reading;
  const ageMs = machine.ageMs(now);
  const isOld = machine.isStale(now);
  // A number from before would be read as the machine's: it moves to the line below, with its age.
  const isGone = machine.isMute(now);
  const reading = isGone ? null : last;
  const unit = settings.unit.value;
  const driver = driverStatus(machine.loaded.value ? session.connection.value : { ...session.connection.value, driver_state: summary.driver_state }, session.driverRetryAtMs.value, now);
  const link_ = linkStatus(machine.link.value, now, ageMs, driver === null);
  const isTold = isGone || (isOld && ageMs !== null);
  const lastWords = [isGone && last !== null && summary.kind === "roaster" ? `${temp(last.bt, unit)} °${unit}` : "", isTold && ageMs !== null ? `${age(ageMs)} ago` : ""].filter((part) => part !== "").join(", ");
  const alarm = machine.alarms.active.value[0];
  const [charge, drop] = [at(machine.events.marks.value, "CHARGE"), at(machine.events.marks.value, "DROP")];
  return (
    <article class={`panel card ${alarm?.severity === "critical" ? "alarmed" : ""}`} data-testid={`card-${summary.id}`}>
      <header class="card-head">
        <div class="row">
          <h2 class="grow">
            <a href={link.machine(summary.id)}>{summary.name}</a>
          </h2>
          <a class="button quiet" href={link.setup(summary.id)} aria-label="Set up" data-testid="open-setup">
            <Icon name="sliders" />
          </a>
        </div>
        <p class="card-states">
          <StateChip state={state} />
          {session.safety.value.latched && <Chip icon="octagon" tone="critical" testId="held-safe">held safe</Chip>}
          {machine.session.lease.value.holder !== null && <Chip icon="lock">{machine.session.lease.value.yours ? "you" : machine.session.lease.value.holder.name}</Chip>}
          <Chip icon={link_.icon} tone={link_.tone} code={link_.code} testId="link-state">{link_.text}</Chip>
        </p>
      </header>
      {summary.kind === "roaster" ? (
        <div class={`card-numbers ${isOld ? "old" : ""}`} data-testid="card-numbers">
          <Value name="BT" text={temp(reading?.bt, unit)} unit={`°${unit}`} testId="card-bt" />
          <Value name="RoR" text={rate(reading?.bt_ror, unit)} unit="/min" />
          <Value name="ET" text={temp(reading?.et, unit)} unit={`°${unit}`} />
        </div>
      ) : <ChannelList machine={machine} sensors={isGone ? Object.fromEntries(Object.keys(last?.extra_channels ?? {}).map((id) => [id, null])) : last?.extra_channels ?? {}} isOld={isOld} />}
      <span class="visually-hidden" role="status">{driver === null ? "" : `${summary.name}: ${driver.lasting ?? ""}`}</span>
      <p class="card-line">
        {driver !== null ? <Chip icon={driver.icon} tone={driver.tone} code={driver.code} testId="driver-state">{driver.text}</Chip>
          : alarm !== undefined && (wantsAck(alarm) || state !== "recording") ? <Chip icon={alarm.severity === "critical" ? "octagon" : "triangle"} tone={alarm.severity === "info" ? "plain" : alarm.severity}>{alarm.message}</Chip>
          : isOld && ageMs !== null ? null
          : state === "recording" ? <span>{duration((drop ?? machine.elapsedMs(now)) - (charge ?? 0), true)} {summary.kind !== "roaster" ? <TaskChip machineId={summary.id} otherwise="since the recording began" /> : charge === null ? "waiting for CHARGE" : drop !== null ? "from CHARGE to DROP" : <Next machine={machine} />}</span>
          : <TaskChip machineId={summary.id} otherwise={<Holder machine={machine} />} />}
        {lastWords !== "" && <span class="muted" data-testid="card-last"> last {lastWords}</span>}
      </p>
      <Sparkline machine={machine} column={summary.kind === "roaster" ? "bt" : Object.keys(last?.extra_channels ?? {})[0] ?? "bt"} />
    </article>
  );
}

/** The next event and how far it is, else what the time counts from. */
function Next({ machine }: { machine: MachineStore }) {
  const { event, eta } = forecast(machine, null);
  if (eta === null) return <>since CHARGE</>;
  return <span data-testid="card-next">· {EVENT_NAMES[event].short} in {duration(eta.inMs)} ± {Math.round(eta.rangeMs / 1000)} s</span>;
}

function Holder({ machine }: { machine: MachineStore }) {
  const { holder, yours } = machine.session.lease.value;
  return <span class="muted">{holder === null ? "control: free" : yours ? "controlled by you" : `controlled by ${holder.name}`}</span>;
}

/** The session's state in a word; recording is marked by weight, not by colour. */
export function StateChip({ state }: { state: string }) {
  return (
    <Chip tone={state === "recording" ? "recording" : "plain"} icon={state === "recording" ? "record" : "ring"} code={state} testId="session-state">
      {state.toUpperCase()}
    </Chip>
  );
}

function Value({ name, text, unit, testId }: { name: string; text: string; unit: string; testId?: string }) {
  return (
    <span class="value">
      <span class="name">{name}</span>
      <b data-testid={testId}>{text}</b>
      <span class="unit">{unit}</span>
    </span>
  );
}

function Sparkline({ machine, column }: { machine: MachineStore; column: string }) {
  const ref = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const canvas = ref.current;
    if (canvas === null) return undefined;
    const draw = () => {
      const edgeMs = machine.edgeMs();
      drawSparkline(canvas, machine.series, column, edgeMs, 5 * machine.series.intervalMs(edgeMs), readTheme(canvas));
    };
    const task = scheduler().add({ element: canvas, draw, spacingMs: SPARK_SPACING_MS });
    const ends = [machine.onChange(task.request), onTick(() => machine.isStale() && task.request())];
    return () => {
      for (const end of ends) end();
      task.remove();
    };
  }, [machine, column]);
  return <canvas class="spark" ref={ref} aria-hidden="true" />;
}
