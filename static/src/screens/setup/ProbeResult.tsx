// What came of a look at a machine, in a line.

import { fixed } from "../../model/format";
import type { ProbedValue, ProbeView } from "../../wire/types";
import { Chip } from "../../ui/Chip";
import { Fault } from "../../ui/Field";
import { unitSign } from "../../model/units";

/** Milliseconds as people read them. */
const ms = (value: number | null): string => (value === null ? "" : `${fixed(value, value < 10 ? 1 : 0)} ms`);

export function ProbeResult({ view }: { view: ProbeView }) {
  const { fault } = view;
  return (
    <div role="status" data-testid="probe-result" data-reached={view.reached}>
      {view.reached
        ? <Chip icon="check">answers in {ms(view.round_trip_ms)}</Chip>
        : <Fault text={fault === null ? "No answer" : `${fault.asked === "" ? "" : `${fault.asked}: `}${fault.message}${fault.hint === "" ? "" : ` – ${fault.hint}`}`} />}
      {view.note !== "" && <p class="small">{view.note}</p>}
    </div>
  );
}

/** One value: what the device sent, what it means, and how long it took. */
export function ProbedLine({ value }: { value: ProbedValue }) {
  if (value.fault !== null) {
    return <Fault text={[value.fault.message, value.fault.hint].filter((words) => words !== "").join(" – ")} />;
  }
  return (
    <p class="probed" data-testid={`probed${value.pointer.replaceAll("/", "-")}`}>
      {value.raw !== null && <><span class="muted">{value.raw}</span> → </>}
      <b>{value.value === null ? "––" : fixed(value.value, Number.isInteger(value.value) ? 0 : 1)} {unitSign(value.unit)}</b> <span class="muted small">{ms(value.round_trip_ms)}</span>
    </p>
  );
}
