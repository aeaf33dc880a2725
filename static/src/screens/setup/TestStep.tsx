// Everything read once, before the machine is saved.

import { driverOf } from "../../model/machineDraft";
import { placeName } from "../../model/placeName";
import { Icon } from "../../ui/Icon";
import { ProbedLine, ProbeResult } from "./ProbeResult";
import type { StepProps } from "./Setup";

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
      {look !== null && look.values.length > 0 && (
        <div class="scroll-x">
          <table data-testid="probe-table">
            <thead><tr><th scope="col">Value</th><th scope="col">Sent → means</th></tr></thead>
            <tbody>
              {look.values.map((value) => (
                <tr key={value.pointer}>
                  <th scope="row">{placeName(doc, value.pointer).replace(/, Register$/, "") === "Channel 1" ? value.id : placeName(doc, value.pointer).replace(/, Register$/, "")}</th>
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
