// The status strip. Always there: it shows the phases, or instead of them the one thing that matters more now.

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { age as words } from "../../model/format";
import { firstCause, waitsForRearm } from "../../model/alarmWords";
import { wantsAck } from "../../store/alarms";
import { isOnline } from "../../store/online";
import { driverStatus } from "../../store/status";
import { tick } from "../../store/ticker";
import type { MachineStore } from "../../store/machine";
import type { Alarm } from "../../wire/types";
import { Banner } from "../../ui/Banner";
import { PhaseBar } from "../../ui/PhaseBar";
import { link as to } from "../../ui/router";

type Props = {
  machine: MachineStore;
  onSave: () => void;
  /** What a recording is called here. */
  word?: string;
  /** What stands there while nothing matters more; the phases of the roast without it. */
  children?: ComponentChildren;
};

const NOTICE_SHOWN_MS = 8_000;
const OFFLINE_AFTER_MS = 60_000;

const SAFETY_REASONS: Record<string, string> = {
  stop: "STOP was given, by somebody or by an alarm", crash: "the machine's control restarted", link: "the link to the machine was lost",
  sensor: "a sensor was lost", operator: "nobody was watching", interlock: "an interlock tripped",
};

export function Strip({ machine, onSave, word = "Roast", children }: Props) {
  const driver = driverBanner(machine);
  // A machine that does not answer is never behind the latch that its loss has set.
  const isBeside = driver !== null && machine.session.safety.value.latched;
  const alarms = machine.alarms.active.value;
  const messages = [
    ...alarms.filter((alarm) => wantsAck(alarm) && !isOver(alarm)).map((alarm) => alarmBanner(machine, alarm)),
    safetyBanner(machine),
    ...alarms.filter((alarm) => wantsAck(alarm) && isOver(alarm)).map((alarm) => alarmBanner(machine, alarm)),
    linkBanner(machine),
    isBeside ? null : driver,
    requestBanner(machine),
    noticeBanner(machine),
    // What somebody has seen waits behind what is to be done. That the link is lost is said by the banner of the driver.
    ...alarms.filter((alarm) => !wantsAck(alarm) && alarm.severity !== "info" && (driver === null || alarm.alarm_id !== "driver_lost")).map((alarm) => alarmBanner(machine, alarm)),
    finishedBanner(machine, word, onSave),
  ].filter((message) => message !== null);
  const shown = useSignal(0);
  const at = Math.min(shown.value, Math.max(0, messages.length - 1));
  // A new message takes the front place again.
  useEffect(() => void (shown.value = 0), [messages.length]);
  const more = messages.length > 1 && (
    <button type="button" class="button" aria-label={`Message ${at + 1} of ${messages.length}, show the next`} onClick={() => (shown.value = (at + 1) % messages.length)}>
      {at + 1}/{messages.length}
    </button>
  );
  const message = messages[at];
  return (
    <section class="strip" aria-label="Status">
      {isBeside && driver(null)}
      {message !== undefined ? message(more) : (children ?? <LivePhases machine={machine} />)}
    </section>
  );
}

const isOver = (alarm: Alarm) => alarm.alarm_state === "cleared_unacked";

type Message = (more: ComponentChildren) => ComponentChildren;

function LivePhases({ machine }: { machine: MachineStore }) {
  void tick.value;
  return <PhaseBar marks={machine.events.marks.value} nowMs={machine.session.endedMs.value ?? machine.elapsedMs()} state={machine.session.state.value} />;
}

function alarmBanner(machine: MachineStore, alarm: Alarm): Message {
  const isOpen = wantsAck(alarm);
  const cause = firstCause(alarm, machine.alarms.active.value);
  const ack = () => machine.command({ action: "ack_alarm", alarm_id: alarm.alarm_id, occurrence: alarm.occurrence });
  const tone = alarm.severity === "info" ? "plain" : alarm.severity;
  return (more) => (
    <Banner
      icon={alarm.severity === "critical" ? "octagon" : alarm.severity === "warning" ? "triangle" : "info"} testId="alarm"
      tone={isOpen ? tone : "plain"} urgent={isOpen} blink={isOpen && alarm.severity === "critical"}
      actions={<>{more}{isOpen && <button type="button" class="button" onClick={ack}><span class="roomy">Acknowledge (A)</span><span class="tight">Ack</span></button>}{waitsForRearm(alarm) && <button type="button" class="button" onClick={() => machine.command({ action: "rearm" })}>Re-arm</button>}</>}
    >
      <b>{alarm.severity.toUpperCase()}</b> {alarm.message}{isOver(alarm) ? " (over)" : ""}{cause !== null && <span class="roomy"> · it began with: {cause}</span>}
    </Banner>
  );
}

function safetyBanner(machine: MachineStore): Message | null {
  const { latched, reason, channels } = machine.session.safety.value;
  if (!latched) return null;
  const labels = channels.map((id) => machine.controls.line(id)?.value.spec.label ?? id);
  return (more) => (
    <Banner icon="octagon" tone="critical" urgent testId="latched" actions={<>{more}<button type="button" class="button" data-testid="rearm" onClick={() => machine.command({ action: "rearm" })}>Re-arm</button></>}>
      <b>Outputs are held safe</b>: {SAFETY_REASONS[reason ?? ""] ?? "no reason given"}{labels.length > 0 ? ` (${labels.join(", ")})` : ""}.
    </Banner>
  );
}

function linkBanner(machine: MachineStore): Message | null {
  const link = machine.link.value;
  const age = machine.ageMs(tick.value);
  if (link.kind === "gone" || link.kind === "denied") {
    const action = link.kind === "gone" ? <a class="button" href={to.wall()}>All machines</a> : <button type="button" class="button" onClick={() => machine.reopen()}>Try again</button>;
    return () => <Banner icon="slash" tone="critical" urgent testId="link-ended" actions={action}>{link.reason}. No further attempts are made.</Banner>;
  }
  const isTrying = link.kind === "waiting" || link.kind === "polling" || link.kind === "connecting";
  const isSilent = isTrying && age !== null && age > OFFLINE_AFTER_MS;
  if (isOnline.value && !isSilent) return null;
  return (more) => (
    <Banner icon="slash" tone="warning" testId="offline" actions={<>{more}<button type="button" class="button" onClick={() => machine.wake()}>Try now</button></>}>
      <b>Offline.</b> {age !== null && <span aria-hidden="true">Last reading {words(age)} ago. </span>}<span class="roomy">The daemon goes on recording; the curve is filled in when it is back. </span>STOP: use the machine's own switch.
    </Banner>
  );
}

function driverBanner(machine: MachineStore): Message | null {
  const { connection, driverRetryAtMs } = machine.session;
  const status = machine.loaded.value ? driverStatus(connection.value, driverRetryAtMs.value, tick.value) : null;
  if (status === null) return null;
  const action =
    status.code === "disconnected" ? <button type="button" class="button" data-testid="connect" onClick={() => machine.connect()}>Connect</button>
    : status.code === "failed" ? <button type="button" class="button" onClick={() => machine.restart()}>Restart</button>
    : null;
  return (more) => (
    <Banner icon={status.icon} tone={status.tone} testId="driver-state" urgent={status.tone === "critical"} actions={<>{more}{action}</>}>
      <span aria-hidden="true">{status.text}</span>
      <span class="visually-hidden">{status.lasting}</span>
    </Banner>
  );
}

function requestBanner(machine: MachineStore): Message | null {
  const request = machine.session.request.value;
  const left = request === null ? 0 : request.untilMs - tick.value;
  if (request === null || left <= 0) return null;
  const answer = (grant: boolean) => {
    machine.command({ action: "answer_control", client_id: request.from.client_id, grant });
    machine.session.request.value = null;
  };
  return (more) => (
    <Banner icon="lock" tone="warning" urgent testId="control-request" actions={
      <>
        {more}
        <button type="button" class="button" onClick={() => answer(false)}>Keep control</button>
        <button type="button" class="button" onClick={() => answer(true)}>Hand over</button>
      </>
    }>
      {request.from.name} asks for control. Without an answer it passes<span aria-hidden="true"> in {Math.ceil(left / 1000)} s</span>.
    </Banner>
  );
}

function noticeBanner(machine: MachineStore): Message | null {
  const notice = machine.session.notices.value[0];
  if (notice === undefined || tick.value - notice.atMs > NOTICE_SHOWN_MS) return null;
  return (more) => (
    <Banner icon="info" testId="notice" actions={<>{more}<button type="button" class="button" onClick={() => machine.session.dismiss(notice.id)}>Dismiss</button></>}>
      {notice.message}
    </Banner>
  );
}

function finishedBanner(machine: MachineStore, word: string, onSave: () => void): Message | null {
  if (machine.session.state.value !== "finished") return null;
  return (more) => (
    <Banner icon="check" testId="finished" actions={<>{more}<button type="button" class="button primary" data-testid="open-save" onClick={onSave}>Save {word.toLowerCase()}</button></>}>
      <b>{word} finished.</b> It is kept as a draft until you save it.
    </Banner>
  );
}
