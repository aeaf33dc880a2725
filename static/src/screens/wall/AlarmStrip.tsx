// What is wrong in the house: how much, and the worst of it with its machine. Always there, so that nothing below moves.

import { wantsAck } from "../../store/alarms";
import type { Severity } from "../../wire/types";
import { Banner } from "../../ui/Banner";
import { useHouse } from "../../ui/house";
import { link } from "../../ui/router";

const NAMES: [Severity, string, string][] = [["critical", "critical", "critical"], ["warning", "warning", "warnings"], ["info", "note", "notes"]];

export function AlarmStrip() {
  const house = useHouse();
  const all = house.alarms.value;
  const top = all[0];
  if (top === undefined) {
    return <div class="alarm-strip" data-testid="alarm-strip"><p class="muted">No alarms</p></div>;
  }
  const { machine, alarm } = top;
  const isOpen = wantsAck(alarm);
  const counts = NAMES.map(([severity, one, many]) => [all.filter((item) => item.alarm.severity === severity).length, one, many] as const)
    .filter(([count]) => count > 0).map(([count, one, many]) => `${count} ${count === 1 ? one : many}`);
  return (
    <div class="alarm-strip" data-testid="alarm-strip">
      <Banner
        icon={alarm.severity === "critical" ? "octagon" : alarm.severity === "warning" ? "triangle" : "info"}
        tone={isOpen && alarm.severity !== "info" ? alarm.severity : "plain"} urgent={isOpen} blink={isOpen && alarm.severity === "critical"}
        actions={
          <>
            <span class="roomy" data-testid="alarm-counts">{counts.join(" · ")}</span>
            {isOpen && <button type="button" class="button" data-testid="ack" onClick={() => house.get(machine.id).ackTopAlarm()}><span class="roomy">Acknowledge (A)</span><span class="tight">Ack</span></button>}
          </>
        }
      >
        <a href={link.machine(machine.id)}>{machine.name}</a>: {alarm.message}{isOpen ? "" : ` (acknowledged${alarm.acked_by ? ` by ${alarm.acked_by}` : ""})`}
      </Banner>
    </div>
  );
}
