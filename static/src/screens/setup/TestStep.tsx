// Everything read once, before the machine is saved.

import { at, labelOf, type Doc } from "../../model/draft";
import { driverOf } from "../../model/machineDraft";
import { Icon } from "../../ui/Icon";
import type { ProbedValue } from "../../wire/types";
import { ProbedLine, ProbeResult } from "./ProbeResult";
import type { StepProps } from "./Setup";

/** A value by the name of its channel; the simulator's own channels stand in no document. */
function nameOf(doc: Doc, { id, pointer }: ProbedValue): string {
  const channel = at(doc, pointer.split("/").slice(0, 3).join("/"));
  return `${labelOf(channel ?? { id })}${pointer.endsWith("/readback") ? ", read back" : ""}`;
}

export function TestStep({ draft, look, isLooking, onLook }: StepProps) {
  const doc = draft.doc.value;
  if (driverOf(doc) === "push") {
    return <section class="panel step-panel" aria-label="Test"><p>This controller sends its readings itself and cannot be asked. Save the machine, then see in the step Link what arrives.</p></section>;
  }
  return (
    <section class="panel step-panel" aria-label="Test">
      <p>Connects once, reads every value and lets go again. Nothing is written.</p>
      <p class="row">
        <button type="button" class="button large" disabled={isLooking} data-testid="test-all" onClick={() => onLook("all")}>
          <Icon name="play" /> {isLooking ? "Reading…" : look === null ? "Test now" : "Test again"}
        </button>
      </p>
      {look !== null && <ProbeResult view={look} />}
      {look !== null && look.reached && look.values.length > 0 && (
        <div class="scroll-x">
          <table data-testid="probe-table">
            <thead><tr><th scope="col">Value</th><th scope="col">Sent → means</th></tr></thead>
            <tbody>
              {look.values.map((value) => (
                <tr key={value.pointer}>
                  <th scope="row">{nameOf(doc, value)}</th>
                  <td><ProbedLine value={value} /></td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
