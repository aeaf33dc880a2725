// How the machine is reached: network or serial port, how often, and a look whether anybody is there.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { rest } from "../../link/rest";
import { at, listAt, type Doc } from "../../model/draft";
import { complete, driverOf, isModbus, WORD_ORDERS } from "../../model/machineDraft";
import type { Draft } from "../../store/draft";
import { DraftField, DraftFlag, fieldId } from "../../ui/DraftField";
import { Field } from "../../ui/Field";
import { Icon } from "../../ui/Icon";
import { ProbeResult } from "./ProbeResult";
import { PushLink } from "./PushLink";
import type { StepProps } from "./Setup";

const MODELS = [["roaster", "Drum roaster"], ["kettle", "Brewery"], ["panel", "Control panel"], ["rig", "Lab rig"], ["scanner", "Scanner"]] as const;
const FAULTS = [
  ["timeout", "does not answer in time"], ["garbage", "sends nonsense"], ["disconnect", "loses the link"], ["hang", "never answers"], ["block", "blocks its driver"], ["panic", "crashes its driver"],
] as const;
const BAUDS = ["2400", "4800", "9600", "19200", "38400", "57600", "115200"].map((baud) => [baud, ""] as const);

export function LinkStep({ draft, linkLook, isLooking, onLook }: StepProps) {
  const doc = draft.doc.value;
  const driver = driverOf(doc);
  return (
    <section class="panel step-panel" aria-label="Link">
      <div class="form-grid">
        {driver === "modbus_rtu" ? <SerialFields draft={draft} /> : driver.startsWith("modbus") && (
          <>
            <DraftField draft={draft} pointer="/driver/host" label="Host" hint="a bare name or address" />
            <DraftField draft={draft} pointer="/driver/port" label="Port" kind="number" />
          </>
        )}
        {isModbus(doc) && <BusFields draft={draft} />}
        {driver === "simulator" && <SimulatorFields draft={draft} />}
        {driver === "push" && (
          <>
            <DraftField draft={draft} pointer="/driver/stale_after_ms" label="Counts as gone after, s" kind="seconds" />
            <DraftField draft={draft} pointer="/driver/ack_timeout_ms" label="An order may take, s" kind="seconds" />
          </>
        )}
        <DraftField draft={draft} pointer="/sampling_interval_ms" label="A reading every, ms" kind="number" hint="1000 suits most roasters" />
        <DraftFlag draft={draft} pointer="/autoconnect" label="Connect by itself" usual />
      </div>
      {driver === "simulator" && <SimulatorFaults draft={draft} />}
      {driver === "push" && <PushLink doc={complete(doc)} />}
      {isModbus(doc) && (
        <div class="row">
          <button type="button" class="button" disabled={isLooking} data-testid="test-link" onClick={() => onLook("link")}>
            <Icon name="play" /> {isLooking ? "Asking…" : "Is anybody there?"}
          </button>
          {linkLook !== null && <ProbeResult view={linkLook} />}
        </div>
      )}
    </section>
  );
}

function SerialFields({ draft }: { draft: Draft }) {
  const ports = useSignal<readonly (readonly [string, string])[] | null>(null);
  useEffect(() => {
    rest.serialPorts().then(
      (found) => (ports.value = found.map(({ path, device, about }) => [path, [about, path === device ? "" : device].filter(Boolean).join(" at ")])),
      () => (ports.value = []),
    );
  }, []);
  const known = ports.value;
  const hint = known === null ? "asking which ports there are…" : known.length === 0 ? "this computer has no serial port: is the adapter plugged in?" : `${known.length} found: choose or type`;
  return (
    <>
      <DraftField draft={draft} pointer="/driver/port" label="Serial port" hint={hint} offers={known ?? []} />
      <DraftField draft={draft} pointer="/driver/baud" label="Baud" kind="number" offers={BAUDS} />
      <DraftField draft={draft} pointer="/driver/parity" label="Parity" choices={[["none", "none"], ["even", "even"], ["odd", "odd"]]} />
      <DraftField draft={draft} pointer="/driver/stop_bits" label="Stop bits" kind="number" choices={[["1", "1"], ["2", "2"]]} />
    </>
  );
}

function BusFields({ draft }: { draft: Draft }) {
  return (
    <>
      <DraftField draft={draft} pointer="/driver/unit_id" label="Unit id" kind="number" hint="which device is asked" />
      <DraftField draft={draft} pointer="/driver/timeout_ms" label="Timeout, ms" kind="number" />
      <DraftField draft={draft} pointer="/driver/word_order" label="32-bit values" choices={WORD_ORDERS} otherwise="low_first" />
      <DraftField draft={draft} pointer="/driver/max_gap" label="Widest gap in one read" kind="number" hint="registers; 8 where empty, 0 reads no gaps" />
    </>
  );
}

/** Another model has other channels, and is another kind of machine. */
function simulate(draft: Draft, model: string): void {
  draft.put("/channels", undefined);
  draft.put("/kind", model);
  draft.put("/driver", { ...(at(draft.doc.peek(), "/driver") as Doc), model, operator: false });
}

function SimulatorFields({ draft }: { draft: Draft }) {
  return (
    <>
      <Field label="Model" value={String(at(draft.doc.value, "/driver/model") ?? "roaster")} choices={MODELS} id={fieldId("/driver/model")} testId="field-driver-model" fault={draft.faults.value.get("/driver/model")} onInput={(model) => simulate(draft, model)} />
      <DraftField draft={draft} pointer="/driver/speed" label="Speed" kind="number" hint="1 is real time, 0.1 to 100" />
      <DraftField draft={draft} pointer="/driver/seed" label="Seed" kind="number" hint="another seed, other noise" />
      <DraftField draft={draft} pointer="/driver/noise" label="Noise, °C" kind="number" />
      <DraftFlag draft={draft} pointer="/driver/operator" label="Somebody roasts at it" usual={false} hint="a roaster only" />
    </>
  );
}

function SimulatorFaults({ draft }: { draft: Draft }) {
  return (
    <div class="step-panel">
      <h3>What goes wrong</h3>
      {listAt(draft.doc.value, "/driver/faults").map((_, index) => (
        <div class="form-grid" key={index}>
          <DraftField draft={draft} pointer={`/driver/faults/${index}/kind`} label="The machine" choices={FAULTS} />
          <DraftField draft={draft} pointer={`/driver/faults/${index}/at_ms`} label="first after, s" kind="seconds" />
          <DraftField draft={draft} pointer={`/driver/faults/${index}/for_ms`} label="for, s" kind="seconds" />
          <DraftField draft={draft} pointer={`/driver/faults/${index}/every_ms`} label="again every, s" kind="seconds" hint="once where empty" />
          <button type="button" class="button" onClick={() => draft.remove("/driver/faults", index)}><Icon name="close" /> Remove</button>
        </div>
      ))}
      <p class="row">
        <button type="button" class="button" data-testid="add-fault" onClick={() => draft.add("/driver/faults", { kind: "timeout", at_ms: 30_000, for_ms: 2_000 })}><Icon name="plus" /> A fault</button>
        {at(draft.doc.value, "/driver/faults") === undefined && <span class="muted">nothing</span>}
      </p>
    </div>
  );
}
