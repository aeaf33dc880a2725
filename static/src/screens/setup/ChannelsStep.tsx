// The sensors of a machine, or its controls: where each stands, what it means, and what the last look read.

import { useSignal } from "@preact/signals";
import { at, labelOf, type Doc } from "../../model/draft";
import { blankChannel, channelsOf, CLASSES, driverOf, isModbus, isToggle, oddAddress, REGISTERS, TYPES, withShape, withTable, WORD_ORDERS } from "../../model/machineDraft";
import type { Draft } from "../../store/draft";
import { DraftField, fieldId } from "../../ui/DraftField";
import { focusField } from "../../ui/FaultSummary";
import { Field } from "../../ui/Field";
import { Icon } from "../../ui/Icon";
import { ProbedLine, ProbeResult } from "./ProbeResult";
import type { StepProps } from "./Setup";

const ROLES = [["", "no special meaning"], ["bt", "BT, the beans"], ["et", "ET, the air around"]] as const;
const UNITS = [["celsius", "°C"], ["fahrenheit", "°F"], ["percent", "%"], ["Hz", ""], ["mbar", ""], ["rpm", ""]] as const;

export function ChannelsStep({ kind, draft, look, isLooking, onLook }: StepProps & { kind: "sensor" | "control" }) {
  const doc = draft.doc.value;
  const isSensor = kind === "sensor";
  const all = channelsOf(doc, kind);
  const isOwn = driverOf(doc) === "simulator" && at(doc, "/channels") === undefined;
  const add = () => focusField(`${draft.add("/channels", blankChannel(draft.doc.peek(), kind))}/label`);
  return (
    <section class="step-panel" aria-label={isSensor ? "Channels" : "Controls"}>
      {isOwn && <p class="panel">The simulator brings its own {isSensor ? "sensors" : "controls"}. There is nothing to describe.</p>}
      {!isOwn && all.length === 0 && (
        <p class="panel">{isSensor ? "No sensor yet. A roaster needs at least its bean temperature." : "No control yet. A machine that is only read needs none."}</p>
      )}
      {all.map((index) => <Channel key={index} draft={draft} index={index} isSensor={isSensor} look={look} />)}
      {driverOf(doc) !== "simulator" && (
        <p class="row">
          <button type="button" class="button" id={isSensor ? fieldId("/channels") : undefined} data-testid={`add-${kind}`} onClick={add}><Icon name="plus" /> {isSensor ? "Add a sensor" : "Add a control"}</button>
          {isModbus(doc) && all.length > 0 && (
            <button type="button" class="button" disabled={isLooking} data-testid="test-channels" onClick={() => onLook("all")}><Icon name="play" /> {isLooking ? "Reading…" : "Read now"}</button>
          )}
        </p>
      )}
      {look !== null && <ProbeResult view={look} />}
    </section>
  );
}

function Channel({ draft, index, isSensor, look }: { draft: Draft; index: number; isSensor: boolean; look: StepProps["look"] }) {
  const here = `/channels/${index}`;
  const doc = draft.doc.value;
  const channel = at(doc, here) as Doc;
  const isBus = isModbus(doc);
  const name = labelOf(channel) || (isSensor ? "New sensor" : "New control");
  const read = (part: string) => (look?.reached === true ? look.values : []).find((value) => value.pointer === `${here}/${part}`);
  const [source, readback] = [read("source"), read("readback")];
  const isSimulated = driverOf(doc) === "simulator";
  return (
    <section class="panel step-panel" aria-label={name} data-testid={`channel-${index}`}>
      <header class="row">
        <h2 class="grow">{name}</h2>
        {source?.fault === null && <ProbedLine value={source} />}
        <button type="button" class="button quiet" aria-label={`Remove ${name}`} data-testid={`remove-channel-${index}`} onClick={() => draft.remove("/channels", index)}><Icon name="close" /></button>
      </header>
      {source !== undefined && source.fault !== null && <ProbedLine value={source} />}
      <div class="form-grid">
        <DraftField draft={draft} pointer={`${here}/label`} label="Name" {...(name === labelOf(channel) && at(channel, "/label") === undefined ? { hint: `${name} where empty` } : {})} />
        {isSensor && !isSimulated && <DraftField draft={draft} pointer={`${here}/role`} label="Meaning" choices={ROLES} />}
        <DraftField draft={draft} pointer={`${here}/unit`} label="Unit" hint="celsius, fahrenheit, percent or any word" offers={UNITS} />
        {driverOf(doc) === "push" && <DraftField draft={draft} pointer={`${here}/tag`} label="Tag" hint="what the controller calls it" />}
        {!isSensor && <ControlFields draft={draft} here={here} channel={channel} />}
      </div>
      {isBus && <Register draft={draft} here={`${here}/source`} isWritten={!isSensor} />}
      {isBus && !isSensor && (at(doc, `${here}/readback`) === undefined ? (
        <p class="row"><button type="button" class="button" data-testid={`add-readback-${index}`} onClick={() => draft.put(`${here}/readback`, { register: "holding", ...copied(channel) })}>Read back elsewhere</button> <span class="muted small">an order then counts only when the device shows it there</span></p>
      ) : (
        <>
          <div class="row"><h3 class="grow">Read back from</h3>{readback !== undefined && <ProbedLine value={readback} />}<button type="button" class="button quiet" aria-label={`No read-back for ${name}`} onClick={() => draft.put(`${here}/readback`, undefined)}><Icon name="close" /></button></div>
          <Register draft={draft} here={`${here}/readback`} isWritten={false} />
        </>
      ))}
    </section>
  );
}

/** What a read-back usually shares with the register that is written. */
function copied(channel: Doc): Doc {
  const { type, divisor, offset } = (channel["source"] ?? {}) as Doc;
  return Object.fromEntries(Object.entries({ type, divisor, offset }).filter(([, value]) => value !== undefined));
}

/** What a register seldom needs, with what holds otherwise. */
const RARE = { offset: 0, unit_id: undefined, word_order: undefined };

function Register({ draft, here, isWritten }: { draft: Draft; here: string; isWritten: boolean }) {
  const more = useSignal(Object.entries(RARE).some(([key, usual]) => (at(draft.doc.peek(), `${here}/${key}`) ?? usual) !== usual));
  const choices = isWritten ? REGISTERS.filter(([register]) => register === "holding" || register === "coil") : REGISTERS;
  const isReadback = here.endsWith("/readback");
  const channel = here.slice(0, here.lastIndexOf("/"));
  const isBit = ["coil", "discrete"].includes(String(at(draft.doc.value, `${here}/register`)));
  return (
    <div class="form-grid">
      <Field
        label="Table" id={fieldId(`${here}/register`)} testId={`field${here.replaceAll("/", "-")}-register`} value={String(at(draft.doc.value, `${here}/register`) ?? "")} choices={choices}
        fault={draft.faults.value.get(`${here}/register`)} onInput={(register) => draft.put(channel, withTable(at(draft.doc.peek(), channel) as Doc, isReadback ? "readback" : "source", register))}
      />
      <DraftField draft={draft} pointer={`${here}/address`} label="Address" kind="number" hint="counted from 0" warning={oddAddress(at(draft.doc.value, `${here}/address`))} />
      {!isBit && <DraftField draft={draft} pointer={`${here}/type`} label="Written as" choices={TYPES} />}
      {!isBit && <DraftField draft={draft} pointer={`${here}/divisor`} label="Divisor" kind="number" hint="10: 1873 → 187.3" />}
      {more.value ? (
        <>
          <DraftField draft={draft} pointer={`${here}/offset`} label="Offset" kind="number" hint="added after dividing" />
          <DraftField draft={draft} pointer={`${here}/unit_id`} label="Unit id" kind="number" hint="the link's where empty" />
          <DraftField draft={draft} pointer={`${here}/word_order`} label="32-bit value" choices={[["", "as the link"], ...WORD_ORDERS]} />
        </>
      ) : <button type="button" class="button quiet" onClick={() => (more.value = true)}>Offset, unit id…</button>}
    </div>
  );
}

function ControlFields({ draft, here, channel }: { draft: Draft; here: string; channel: Doc }) {
  const hasTwo = isToggle(channel);
  const keys = hasTwo ? ([["on_value", "Written for on", "1 where empty"], ["off_value", "Written for off", "0 where empty"]] as const) : ([["min", "Least", ""], ["max", "Most", ""], ["step", "Step", ""]] as const);
  return (
    <>
      <div class="field">
        <span class="label" id={`${here}-shape`}>Operated by</span>
        <div class="row" role="group" aria-labelledby={`${here}-shape`}>
          {([["slider", "Slider"], ["toggle", "Switch"]] as const).map(([value, words]) => (
            <button type="button" key={value} class="button" aria-pressed={(value === "toggle") === hasTwo} onClick={() => draft.put(here, withShape(channel, value))}>{words}</button>
          ))}
        </div>
      </div>
      <DraftField draft={draft} pointer={`${here}/class`} label="What it moves" choices={CLASSES} otherwise="other" hint="heat is switched off when nobody is in charge" />
      {keys.map(([key, label, hint]) => <DraftField key={key} draft={draft} pointer={`${here}/${key}`} label={label} hint={hint} kind="number" />)}
      <DraftField draft={draft} pointer={`${here}/failsafe`} label="Fail-safe" kind="failsafe" hint="a value, or hold; heat: off where empty" offers={channel["class"] === "heat" ? [["0", "off"]] : [["hold", "stays as it is"], ["0", ""]]} />
      <DraftField draft={draft} pointer={`${here}/stop_value`} label="At STOP" kind="number" hint="the fail-safe where empty" />
      {!hasTwo && <DraftField draft={draft} pointer={`${here}/max_rise_per_s`} label="Rises per second" kind="number" hint="at most; at once where empty" />}
    </>
  );
}
