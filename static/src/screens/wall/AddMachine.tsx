// Adding a machine: a simulated one by one press, a Modbus one by a short form.

import { useSignal } from "@preact/signals";
import { rest, RestError } from "../../link/rest";
import { check, EMPTY_FORM, REGISTERS, slug, toConfig, toFields, TYPES, warn, type FormFaults, type ModbusForm } from "../../model/modbusForm";
import { Banner } from "../../ui/Banner";
import { Dialog } from "../../ui/Dialog";
import { Field } from "../../ui/Field";
import { useHouse } from "../../ui/house";
import { go, link } from "../../ui/router";
import { AddSimulator } from "./AddSimulator";

const FIELDS: { key: keyof ModbusForm; label: string; kind?: "number"; hint?: string; choices?: readonly (readonly [string, string])[] }[] = [
  { key: "name", label: "Name" },
  { key: "host", label: "Host" },
  { key: "port", label: "Port", kind: "number" },
  { key: "unitId", label: "Unit", kind: "number" },
  { key: "bt", label: "BT register", kind: "number", hint: "counted from 0: 40001 in a manual is holding 0" },
  { key: "et", label: "ET register", kind: "number", hint: "may be empty" },
  { key: "register", label: "Temperatures stand in", choices: REGISTERS },
  { key: "type", label: "Written as", choices: TYPES },
  { key: "divisor", label: "Divisor", kind: "number", hint: "1873 → 187.3" },
  { key: "burner", label: "Burner register", kind: "number", hint: "holding, 16 bit; may be empty" },
];

export function AddMachine({ onClose }: { onClose: () => void }) {
  const house = useHouse();
  const form = useSignal<ModbusForm>(EMPTY_FORM);
  const faults = useSignal<FormFaults>({});
  const busy = useSignal(false);
  const submit = async (event: Event) => {
    event.preventDefault();
    const typed = form.peek();
    faults.value = check(typed);
    if (Object.keys(faults.peek()).length > 0) return;
    busy.value = true;
    try {
      await rest.addMachine(toConfig(typed));
      await house.refresh();
      onClose();
      go(link.machine(typed.id.trim() || slug(typed.name)));
    } catch (error) {
      const refusal = error instanceof RestError ? error : new RestError(0, "", String(error));
      const found = toFields(typed, refusal.fields);
      faults.value = Object.keys(found).length > 0 ? found : { form: refusal.message };
    } finally {
      busy.value = false;
    }
  };
  const warnings = warn(form.value);
  const count = Object.keys(faults.value).length;
  return (
    <Dialog title="Add a machine" onClose={onClose} testId="add-dialog">
      <section class="dialog-section">
        <p>A simulated roaster, to look around without hardware.</p>
        <AddSimulator onAdded={onClose} />
      </section>
      <form class="dialog-form" onSubmit={(event) => void submit(event)} noValidate>
        <h3>Modbus TCP roaster</h3>
        <div class="form-grid">
          {FIELDS.map(({ key, label, kind, hint, choices }) => (
            <Field
              key={key} label={label} kind={kind ?? "text"} hint={hint ?? ""} value={form.value[key]} fault={faults.value[key]}
              warning={warnings[key]} {...(choices === undefined ? {} : { choices })}
              testId={`field-${key}`} onInput={(value) => (form.value = { ...form.value, [key]: value })}
            />
          ))}
        </div>
        <p class="small muted">Serial lines, other tables, switches, scales and what error messages mean: docs/modbus.md, which comes with the program.</p>
        {count > 0 && (
          <Banner icon="triangle" tone="warning" urgent testId="form-faults">
            {faults.value.form ?? faults.value.id ?? `${count} ${count === 1 ? "field needs" : "fields need"} another look.`}
          </Banner>
        )}
        <p class="row">
          <button type="submit" class="button primary" disabled={busy.value} data-testid="save-machine">
            Add machine
          </button>
        </p>
      </form>
    </Dialog>
  );
}
