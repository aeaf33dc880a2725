// After the roast: name it, weigh it, take wrong events out, keep it.

import { useSignal } from "@preact/signals";
import { rest, RestError } from "../../link/rest";
import { duration, fixed, temp } from "../../model/format";
import { at, EVENT_NAMES } from "../../model/marks";
import { checkSave, toSaveBody, weightLossPct, type SaveFaults, type SaveForm } from "../../model/saveForm";
import { settings } from "../../store/settings";
import type { MachineStore } from "../../store/machine";
import { Banner } from "../../ui/Banner";
import { Dialog } from "../../ui/Dialog";
import { Field } from "../../ui/Field";
import { PhaseBar } from "../../ui/PhaseBar";
import { go, link } from "../../ui/router";
import type { EventType } from "../../wire/types";

const EMPTY: SaveForm = { name: "", bean: "", notes: "", green: "", roasted: "", dropped: [] };

/** `isRoast`: whether there are beans and events to speak of. */
export function FinishSheet({ machine, onClose, isRoast = true }: { machine: MachineStore; onClose: () => void; isRoast?: boolean }) {
  const form = useSignal<SaveForm>(EMPTY);
  const faults = useSignal<SaveFaults>({});
  const busy = useSignal(false);
  const events = [...machine.events.marks.value.values()].sort((a, b) => a.timestamp_ms - b.timestamp_ms);
  const change = (part: Partial<SaveForm>) => (form.value = { ...form.peek(), ...part });
  const save = async (event: Event) => {
    event.preventDefault();
    faults.value = checkSave(form.peek());
    if (Object.keys(faults.peek()).length > 0) return;
    busy.value = true;
    try {
      const saved = await rest.saveProfile(toSaveBody(machine.id, form.peek(), events));
      onClose();
      go(link.profile(saved.id));
    } catch (error) {
      faults.value = faultsOf(error);
    } finally {
      busy.value = false;
    }
  };
  const loss = weightLossPct(form.value);
  return (
    <Dialog title={isRoast ? "Save this roast" : "Save this recording"} onClose={onClose} testId="finish-sheet">
      {isRoast && <PhaseBar marks={machine.events.marks.value} nowMs={machine.session.endedMs.value ?? machine.elapsedMs()} state="finished" />}
      <form class="dialog-form" onSubmit={(event) => void save(event)} noValidate>
        <div class="form-grid">
          <Field label="Name" value={form.value.name} onInput={(name) => change({ name })} testId="save-name" />
          {isRoast && <>
            <Field label="Bean" value={form.value.bean} onInput={(bean) => change({ bean })} testId="save-bean" />
            <Field label="Green, g" kind="number" value={form.value.green} fault={faults.value.green} onInput={(green) => change({ green })} testId="save-green" />
            <Field label="Roasted, g" kind="number" hint={loss === null ? "" : `loss ${fixed(loss)} %`} value={form.value.roasted} fault={faults.value.roasted} onInput={(roasted) => change({ roasted })} testId="save-roasted" />
          </>}
        </div>
        <Field label="Notes" kind="area" value={form.value.notes} onInput={(notes) => change({ notes })} testId="save-notes" />
        {isRoast && <fieldset class="kept-events">
          <legend class="small muted">Events to keep</legend>
          {events.map((mark) => (
            <label key={mark.event_type} class="row">
              <input type="checkbox" checked={!form.value.dropped.includes(mark.event_type)} onChange={(input) => change({ dropped: toggled(form.peek().dropped, mark.event_type, input.currentTarget.checked) })} />
              {EVENT_NAMES[mark.event_type].short} {duration(mark.timestamp_ms - (at(machine.events.marks.value, "CHARGE") ?? 0))} · {temp(mark.bt_at_event, settings.unit.value)} °{settings.unit.value}
              <span class="muted small">{mark.auto_detected ? "auto" : "manual"}</span>
            </label>
          ))}
          {events.length === 0 && <p class="muted">None were marked.</p>}
        </fieldset>}
        {faults.value.form !== undefined && <Banner icon="triangle" tone="warning" urgent>{faults.value.form}</Banner>}
        <p class="row">
          <button type="submit" class="button primary large" disabled={busy.value} data-testid="save-profile">Save</button>
          <button type="button" class="button large" onClick={onClose}>Later</button>
          <span class="small muted grow">A draft is kept either way.</span>
        </p>
      </form>
    </Dialog>
  );
}

function toggled(dropped: EventType[], type: EventType, isKept: boolean): EventType[] {
  const rest = dropped.filter((other) => other !== type);
  return isKept ? rest : [...rest, type];
}

function faultsOf(error: unknown): SaveFaults {
  if (!(error instanceof RestError)) return { form: String(error) };
  const faults: SaveFaults = {};
  for (const { pointer, detail } of error.fields) {
    if (pointer === "/green_weight_g") faults.green = detail;
    else if (pointer === "/roasted_weight_g") faults.roasted = detail;
    else faults.form = `${faults.form ?? ""} ${pointer}: ${detail}`.trim();
  }
  return Object.keys(faults).length > 0 ? faults : { form: error.message };
}
