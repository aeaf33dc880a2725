// What the machine is, what it is called, and how it is talked to; a known machine brings its registers along.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { rest } from "../../link/rest";
import { at, put, slug } from "../../model/draft";
import { BLANK_DRIVERS, DRIVERS, driverOf, KINDS } from "../../model/machineDraft";
import type { Preset } from "../../model/presets";
import type { Draft } from "../../store/draft";
import { Banner } from "../../ui/Banner";
import { DraftField } from "../../ui/DraftField";
import { Field } from "../../ui/Field";

export function KindStep({ draft, isNew }: { draft: Draft; isNew: boolean }) {
  const chosen = useSignal("");
  const presets = useSignal<Preset[]>([]);
  useEffect(() => {
    if (isNew) rest.presets().then((known) => (presets.value = known), () => undefined);
  }, [isNew]);
  const doc = draft.doc.value;
  const preset = presets.value[Number(chosen.value)];
  const choose = (value: string) => {
    chosen.value = value;
    const known = value === "" ? undefined : presets.peek()[Number(value)];
    if (known === undefined) return;
    const name = at(doc, "/name");
    draft.doc.value = { ...draft.doc.peek(), kind: "roaster", ...known.machine, ...(name === undefined ? { name: known.name } : {}) };
    draft.faults.value = new Map();
  };
  const talkBy = (type: string) => {
    if (type === driverOf(draft.doc.peek())) return;
    // Registers mean nothing to a machine that has none; a simulator knows its channels by itself.
    const isBus = (driver: string) => driver.startsWith("modbus");
    const keeps = isBus(type) && isBus(driverOf(draft.doc.peek()));
    const next = put(draft.doc.peek(), "/driver", BLANK_DRIVERS[type]);
    draft.doc.value = keeps ? next : put(next, "/channels", undefined);
    draft.faults.value = new Map();
  };
  return (
    <section class="panel step-panel" aria-label="Kind">
      {isNew && (
        <Field label="Start from" value={chosen.value} onInput={choose} testId="preset" choices={[["", "a blank machine"], ...presets.value.map(({ name }, index) => [String(index), name] as const)]} />
      )}
      {chosen.value !== "" && preset !== undefined && (
        <Banner icon="info" testId="preset-note">Addresses as users of these machines publish them. Check every value in the test before you let anything be written. {preset.note}</Banner>
      )}
      <div class="form-grid">
        <DraftField draft={draft} pointer="/name" label="Name" />
        {isNew && <DraftField draft={draft} pointer="/id" label="Id" hint={`for addresses; ${slug(String(at(doc, "/name") ?? "")) || "made from the name"} where empty`} />}
        <DraftField draft={draft} pointer="/kind" label="What it is" choices={KINDS} />
        <Field label="How it is reached" value={driverOf(doc)} onInput={talkBy} choices={DRIVERS} testId="field-driver-type" id="at-driver-type" fault={draft.faults.value.get("/driver/type")} />
      </div>
    </section>
  );
}
