// One machine on the wall.

import { useEffect, useRef } from "preact/hooks";
import { SPARK_SPACING_MS, scheduler } from "../../chart/scheduler";
import { drawSparkline } from "../../chart/sparkline";
import { readTheme } from "../../chart/theme";
import { age, duration, rate, temp } from "../../model/format";
import { at } from "../../model/marks";
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

export function MachineCard({ summary }: { summary: MachineSummary }) {
  const machine = useMachine(summary.id);
  const now = tick.value;
  const { session } = machine;
  const state = machine.loaded.value ? session.state.value : summary.session_state;
  const reading = session.readout.value ?? summary.last_reading;
  const unit = settings.unit.value;
  const driver = driverStatus(machine.loaded.value ? session.connection.value : { ...session.connection.value, driver_state: summary.driver_state }, session.driverRetryAtMs.value, now);
  const link_ = linkStatus(machine.link.value, now, machine.ageMs(now), driver === null);
  const alarm = machine.alarms.active.value[0];
  const isOld = machine.isStale(now);
  const charge = at(machine.events.marks.value, "CHARGE");
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
          <Chip icon={link_.icon} tone={link_.tone} code={link_.code} testId="link-state">{link_.text}</Chip>
        </p>
      </header>
      {summary.kind === "roaster" ? (
        <div class={`card-numbers ${isOld ? "old" : ""}`}>
          <Value name="BT" text={temp(reading?.bt, unit)} unit={`°${unit}`} testId="card-bt" />
          <Value name="RoR" text={rate(reading?.bt_ror, unit)} unit="/min" />
          <Value name="ET" text={temp(reading?.et, unit)} unit={`°${unit}`} />
        </div>
      ) : <ChannelList machine={machine} sensors={reading?.extra_channels ?? {}} isOld={isOld} />}
      <p class="card-line" role="status">
        {alarm !== undefined ? <Chip icon={alarm.severity === "critical" ? "octagon" : "triangle"} tone={alarm.severity === "info" ? "plain" : alarm.severity}>{alarm.message}</Chip>
          : driver !== null ? <Chip icon={driver.icon} tone={driver.tone} code={driver.code} testId="driver-state">{driver.text}</Chip>
          : isOld && machine.ageMs(now) !== null ? <span class="muted">last reading {age(machine.ageMs(now) ?? 0)} ago</span>
          : state === "recording" ? <span>{duration(machine.elapsedMs(now) - (charge ?? 0), true)} {charge === null ? "waiting for CHARGE" : "since CHARGE"}</span>
          : <Holder machine={machine} />}
      </p>
      {summary.kind === "roaster" && <Sparkline machine={machine} />}
    </article>
  );
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

function Sparkline({ machine }: { machine: MachineStore }) {
  const ref = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const canvas = ref.current;
    if (canvas === null) return undefined;
    const draw = () => {
      drawSparkline(canvas, machine.series, machine.edgeMs(), 5 * machine.intervalMs, readTheme(canvas));
    };
    const task = scheduler().add({ element: canvas, draw, spacingMs: SPARK_SPACING_MS });
    const ends = [machine.onChange(task.request), onTick(() => machine.isStale() && task.request())];
    return () => {
      for (const end of ends) end();
      task.remove();
    };
  }, [machine]);
  return <canvas class="spark" ref={ref} aria-hidden="true" />;
}
