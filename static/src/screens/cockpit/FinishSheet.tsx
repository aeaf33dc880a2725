// After the roast: weigh it, note it, put its events right, keep it.

import { useSignal } from "@preact/signals";
import { rest, RestError } from "../../link/rest";
import { checkProfile, EMPTY_PROFILE, placeFaults, toSaveBody, type ProfileFaults, type ProfileForm } from "../../model/profileForm";
import type { Marks } from "../../model/marks";
import type { MachineStore } from "../../store/machine";
import { reference, temperaturesAt } from "../../store/reference";
import { Trouble } from "../../ui/Banner";
import { Dialog } from "../../ui/Dialog";
import { MarkEditor } from "../../ui/MarkEditor";
import { PhaseBar } from "../../ui/PhaseBar";
import { ProfileFields } from "../../ui/ProfileFields";
import { go, link } from "../../ui/router";

/** `isRoast`: whether there are beans and events to speak of. */
export function FinishSheet({ machine, onClose, isRoast = true }: { machine: MachineStore; onClose: () => void; isRoast?: boolean }) {
  const form = useSignal<ProfileForm>(EMPTY_PROFILE);
  const corrected = useSignal<Marks | null>(null);
  const asReference = useSignal(false);
  const faults = useSignal<ProfileFaults>({});
  const busy = useSignal(false);
  const marks = machine.events.marks.value;
  const endMs = machine.session.endedMs.value ?? machine.elapsedMs();
  const save = async (then: (id: string) => string) => {
    faults.value = checkProfile(form.peek());
    if (Object.keys(faults.peek()).length > 0) return;
    busy.value = true;
    try {
      const saved = await rest.saveProfile(toSaveBody(machine.id, form.peek(), marks, corrected.peek() ?? marks));
      if (asReference.peek()) reference.keep(machine.id, saved.id);
      onClose();
      go(then(saved.id));
    } catch (error) {
      faults.value = placeFaults(error instanceof RestError ? error.fields : [], (error as Error).message);
    } finally {
      busy.value = false;
    }
  };
  return (
    <Dialog title={isRoast ? "Save this roast" : "Save this recording"} onClose={onClose} testId="finish-sheet">
      {isRoast && <PhaseBar marks={corrected.value ?? marks} nowMs={endMs} state="finished" />}
      <form class="dialog-form" noValidate onSubmit={(event) => {
        event.preventDefault();
        void save(link.profile);
      }}>
        <ProfileFields isRoast={isRoast} form={form.value} faults={faults.value} onChange={(part) => (form.value = { ...form.peek(), ...part })} />
        {isRoast && <details class="kept-events" data-testid="fix-events">
          <summary>Events: put them right before saving</summary>
          <MarkEditor marks={corrected.value ?? marks} span={[0, endMs]} lookUp={(ms) => temperaturesAt(machine.series, ms)} onChange={(next) => (corrected.value = next)} />
        </details>}
        {isRoast && <label class="row check">
          <input type="checkbox" checked={asReference.value} data-testid="as-reference" onChange={(event) => (asReference.value = event.currentTarget.checked)} />
          Use as reference for the next roast
        </label>}
        <Trouble>{faults.value.form}</Trouble>
        <p class="row">
          <button type="submit" class="button primary large" disabled={busy.value} data-testid="save-profile">Save</button>
          <button type="button" class="button large" disabled={busy.value} data-testid="save-print" onClick={() => void save((id) => link.print(id))}>Save and print</button>
          <button type="button" class="button large" onClick={onClose}>Later</button>
          <span class="small muted grow">A draft is kept either way.</span>
        </p>
      </form>
    </Dialog>
  );
}
