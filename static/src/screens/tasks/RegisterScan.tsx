// Asks which registers a Modbus device has. It reads and never writes.

import { useSignal } from "@preact/signals";
import { messageOf, rest, RestError } from "../../link/rest";
import { faultsOfScan, scanArguments, TABLES, type ScanForm } from "../../model/registerScan";
import { tasks } from "../../store/tasks";
import { Trouble } from "../../ui/Banner";
import { Dialog } from "../../ui/Dialog";
import { Field } from "../../ui/Field";

const FIELDS: { key: keyof ScanForm; label: string; hint?: string }[] = [
  { key: "host", label: "Host" }, { key: "port", label: "Port" }, { key: "unit", label: "Unit" },
  { key: "from", label: "From register", hint: "counted from 0" }, { key: "to", label: "To register", hint: "at most 2000 in one scan" },
];

export function RegisterScan({ onClose }: { onClose: () => void }) {
  const form = useSignal<ScanForm>({ host: "", port: "502", unit: "1", table: "holding", from: "0", to: "124" });
  const faults = useSignal<Partial<Record<keyof ScanForm | "form", string>>>({});
  const busy = useSignal(false);
  const change = (part: Partial<ScanForm>) => (form.value = { ...form.peek(), ...part });
  const start = async (event: Event) => {
    event.preventDefault();
    busy.value = true;
    try {
      await rest.startTask("modbus_scan", scanArguments(form.peek()));
      void tasks.refresh();
      onClose();
    } catch (error) {
      const found = error instanceof RestError ? faultsOfScan(error.fields) : {};
      faults.value = Object.keys(found).length > 0 ? found : { form: messageOf(error) };
    } finally {
      busy.value = false;
    }
  };
  return (
    <Dialog title="Scan the registers of a Modbus TCP device" onClose={onClose} testId="register-scan">
      <form class="dialog-form" onSubmit={(event) => void start(event)} noValidate>
        <p class="small muted">Reads what the device has and never writes. A device that is connected as a machine is asked between its readings or refused.</p>
        <div class="form-grid">
          {FIELDS.map(({ key, label, hint }) => (
            <Field key={key} label={label} hint={hint ?? ""} kind={key === "host" ? "text" : "number"} value={form.value[key]} fault={faults.value[key]} testId={`scan-${key}`} onInput={(value) => change({ [key]: value })} />
          ))}
          <Field label="Table" choices={TABLES} value={form.value.table} fault={faults.value.table} testId="scan-table" onInput={(table) => change({ table })} />
        </div>
        <Trouble>{faults.value.form}</Trouble>
        <p class="row"><button type="submit" class="button primary large" disabled={busy.value} data-testid="scan-start">Start scan</button></p>
      </form>
    </Dialog>
  );
}
