// Alarms that stand, or that were put aside: seen, acknowledged, shelved.

import { useSignal } from "@preact/signals";
import { alarmDetails, waitsForRearm } from "../../model/alarmWords";
import { wantsAck } from "../../store/alarms";
import { tick } from "../../store/ticker";
import type { MachineStore } from "../../store/machine";
import type { Alarm } from "../../wire/types";
import { Chip } from "../../ui/Chip";
import { Icon } from "../../ui/Icon";
import { daemonDateMs } from "../../link/clock";

const MINUTES = [5, 15, 30, 60];
const NOTICE_MS = 8_000;

type Props = { machine: MachineStore; alarms: Alarm[]; isShelved?: boolean; onRules?: () => void };

export function Standing({ machine, alarms, isShelved = false, onRules }: Props) {
  const notice = machine.session.notices.value[0];
  const isFresh = notice !== undefined && tick.value - notice.atMs < NOTICE_MS;
  return (
    <>
      {isFresh && <p class="fault" role="alert"><Icon name="triangle" />{notice.message}</p>}
      {alarms.length === 0 && (
        <section class="panel empty" data-testid="no-alarms">
          <h2>{!machine.loaded.value ? "Asking the machine…" : isShelved ? "Nothing is shelved" : "No alarm stands"}</h2>
          <p>{isShelved ? "An alarm that is put aside waits here and comes back by itself when its time is over." : "What a rule finds appears here, on the machine's screen and on the wall."}</p>
          {onRules !== undefined && <button type="button" class="button" onClick={onRules}>See the rules</button>}
        </section>
      )}
      <ul class="alarm-list">
        {alarms.map((alarm) => <li key={alarm.alarm_id}><Row machine={machine} alarm={alarm} isShelved={isShelved} /></li>)}
      </ul>
    </>
  );
}

function Row({ machine, alarm, isShelved }: { machine: MachineStore; alarm: Alarm; isShelved: boolean }) {
  const minutes = useSignal("15");
  if (isShelved) void tick.value;
  const ack = () => machine.command({ action: "ack_alarm", alarm_id: alarm.alarm_id, occurrence: alarm.occurrence });
  const shelve = () => machine.command({ action: "shelve_alarm", alarm_id: alarm.alarm_id, minutes: Number(minutes.peek()) });
  const isOpen = wantsAck(alarm);
  return (
    <article class="panel alarm-row" data-testid={`alarm-${alarm.alarm_id}`} data-state={alarm.alarm_state}>
      <Chip icon={alarm.severity === "critical" ? "octagon" : alarm.severity === "warning" ? "triangle" : "info"} tone={isOpen && alarm.severity !== "info" ? alarm.severity : "plain"}>{alarm.severity}</Chip>
      <p class="grow"><b>{alarm.message}</b><br /><span class="muted small">{alarmDetails(alarm, machine.alarms.active.value, daemonDateMs())}</span></p>
      {!isShelved && (
        <div class="row">
          {waitsForRearm(alarm) && <button type="button" class="button primary" data-testid={`rearm-${alarm.alarm_id}`} onClick={() => machine.command({ action: "rearm" })}>Re-arm</button>}
          {isOpen && <button type="button" class="button primary" data-testid={`ack-${alarm.alarm_id}`} onClick={ack}><Icon name="check" /> Acknowledge</button>}
          <select class="button" aria-label="Minutes to shelve" value={minutes.value} onChange={(event) => (minutes.value = event.currentTarget.value)}>
            {MINUTES.map((count) => <option key={count} value={String(count)}>{count} min</option>)}
          </select>
          <button type="button" class="button" data-testid={`shelve-${alarm.alarm_id}`} onClick={shelve}>Shelve</button>
        </div>
      )}
    </article>
  );
}
