// The fields of one rule, in the order of its sentence.

import { at, listAt, type Doc } from "../../model/draft";
import { compared, comparisonOf, COMPARISONS, EVENTS, SEVERITIES, type Comparison, type Speakable } from "../../model/rules";
import type { Draft } from "../../store/draft";
import { DraftField } from "../../ui/DraftField";
import { Field, Fault } from "../../ui/Field";
import { Icon } from "../../ui/Icon";

type Props = { draft: Draft; here: string; channels: Speakable[] };

export function AlarmFields({ draft, here, channels }: Props) {
  const and = `${here}/when/and`;
  const beside = listAt(draft.doc.value, and);
  const stop = `${here}/actions`;
  const stops = listAt(draft.doc.value, stop).some((action) => action["stop"] === true);
  return (
    <>
      <div class="form-grid">
        <ConditionFields draft={draft} here={`${here}/when`} channels={channels} first="When" ofRate />
      </div>
      {beside.map((_, index) => (
        <div class="form-grid" key={index}>
          <ConditionFields draft={draft} here={`${and}/${index}`} channels={channels} first="and" ofRate />
        </div>
      ))}
      <p class="row">
        {beside.length > 0 && <button type="button" class="button" data-testid="remove-and" onClick={() => draft.remove(and, beside.length - 1)}><Icon name="close" /> Without the last</button>}
        <button type="button" class="button" data-testid="add-and" onClick={() => draft.add(and, { channel: channels[0]?.id ?? "", above: 0 })}><Icon name="plus" /> And…</button>
      </p>
      <div class="form-grid">
        <DraftField draft={draft} pointer={`${here}/when/delay_ms`} label="for at least, s" kind="seconds" hint="2 where empty; critical: at once" />
        <DraftField draft={draft} pointer={`${here}/when/deadband`} label="over when back by" kind="number" hint="the deadband; 2 °C or 1 % where empty" />
        <DraftField draft={draft} pointer={`${here}/when/after`} label="only after" choices={EVENTS} otherwise="" />
        <DraftField draft={draft} pointer={`${here}/severity`} label="then it is" choices={SEVERITIES} otherwise="warning" />
        <Field label="and the machine" value={String(stops)} choices={[["false", "goes on"], ["true", "is stopped"]]} testId={`stops${here.replaceAll("/", "-")}`} onInput={(text) => {
          const others = listAt(draft.doc.peek(), stop).filter((action) => action["stop"] !== true);
          draft.put(stop, text === "true" ? [...others, { stop: true }] : others);
        }} />
      </div>
      <DraftField draft={draft} pointer={`${here}/message`} label="and says" hint="the condition in words where empty" />
    </>
  );
}

export function InterlockFields({ draft, here, channels }: Props) {
  const unless = listAt(draft.doc.value, `${here}/unless`);
  const outputs = channels.filter((one) => one.isControl);
  const forces = at(draft.doc.value, `${here}/forces`);
  return (
    <>
      {at(draft.doc.value, `${here}/blocks`) !== undefined && (
        <div class="form-grid">
          <ConditionFields draft={draft} here={`${here}/blocks`} channels={outputs} first="No order that says" />
        </div>
      )}
      {unless.map((_, index) => (
        <div class="form-grid" key={index}>
          <ConditionFields draft={draft} here={`${here}/unless/${index}`} channels={channels} first={index === 0 ? "unless" : "and"} />
        </div>
      ))}
      <p class="row">
        {unless.length > 0 && <button type="button" class="button" data-testid="remove-unless" onClick={() => draft.remove(`${here}/unless`, unless.length - 1)}><Icon name="close" /> Without the last</button>}
        <button type="button" class="button" data-testid="add-unless" onClick={() => draft.add(`${here}/unless`, { channel: channels[0]?.id ?? "", at_least: 0 })}><Icon name="plus" /> {unless.length === 0 ? "Unless…" : "And…"}</button>
      </p>
      {forces !== undefined && (
        <div class="form-grid">
          <DraftField draft={draft} pointer={`${here}/forces/channel`} label="Otherwise sets" choices={outputs.map(({ id, label }) => [id, label] as const)} />
          <DraftField draft={draft} pointer={`${here}/forces/value`} label="to" kind="number" hint="heat: no more than its fail-safe" />
        </div>
      )}
      <p class="row">
        <button type="button" class="button" data-testid="forces" onClick={() => draft.put(`${here}/forces`, forces === undefined ? { channel: outputs[0]?.id ?? "", value: 0 } : undefined)}>{forces === undefined ? "Otherwise set…" : "Set nothing"}</button>
      </p>
      <DraftField draft={draft} pointer={`${here}/message`} label="It says" hint="what to do instead, such as: Open the air first" />
    </>
  );
}

function ConditionFields({ draft, here, channels, first, ofRate = false }: Props & { first: string; ofRate?: boolean }) {
  const condition = (at(draft.doc.value, here) ?? {}) as Doc;
  const key = comparisonOf(condition);
  const known = channels.some((one) => one.id === condition["channel"]);
  const unit = channels.find((one) => one.id === condition["channel"])?.unit ?? "";
  const choices = channels.map(({ id, label }) => [id, label] as const);
  return (
    <>
      <DraftField draft={draft} pointer={`${here}/channel`} label={first} choices={known ? choices : [[String(condition["channel"] ?? ""), String(condition["channel"] ?? "") || "choose"], ...choices]} />
      {ofRate && <DraftField draft={draft} pointer={`${here}/of`} label="its" choices={[["value", "value"], ["rate", "rate per minute"]]} otherwise="value" />}
      <Field label="compared" value={key} choices={COMPARISONS} testId={`compare${here.replaceAll("/", "-")}`} onInput={(by) => draft.put(here, compared(condition, by as Comparison))} />
      <DraftField draft={draft} pointer={`${here}/${key}`} label={unit === "" ? "Value" : `Value, ${unit}`} kind="number" />
      <Fault text={draft.faults.value.get(here)} />
    </>
  );
}
