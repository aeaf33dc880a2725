// One step of a program: what it does, with fields that suit, and its faults under them.

import type { ComponentChildren } from "preact";
import { KINDS, ON_TIMEOUT, RELATIONS, type Relation, type StepChannel, type StepForm, type StepKind } from "../../model/programForm";
import { Fault, Field } from "../../ui/Field";
import { Icon } from "../../ui/Icon";

type Props = {
  step: StepForm; index: number; count: number; channels: readonly StepChannel[]; faults: Record<string, string>;
  onEdit: (part: Partial<StepForm>) => void; onMove: (by: -1 | 1) => void; onRemove: () => void;
};

const ON_OFF = [["on", "on"], ["off", "off"]] as const;

const rangeOf = (channel: StepChannel | undefined): string => (channel === undefined || !Number.isFinite(channel.min) ? (channel?.sign ?? "") : `${channel.min} to ${channel.max} ${channel.sign}`.trim());

export function StepRow(props: Props) {
  const { step, index, count, faults, onEdit, onMove, onRemove } = props;
  const number = index + 1;
  // What no field of this row shows is told for the row as a whole.
  const shown = new Set([...step.values.map(([id]) => `values/${id}`), "channel", "to", "time", "limit", "timeout", "onTimeout", "message", "values"]);
  const rest = Object.entries(faults).filter(([field]) => !shown.has(field)).map(([field, detail]) => (field === "" ? `This step ${detail}` : `${field} ${detail}`));
  return (
    <li class="panel step" data-testid="step" data-faulty={Object.keys(faults).length > 0}>
      <header class="row">
        <b class="step-number">{number}</b>
        <label class="field grow">
          <span class="visually-hidden">What step {number} does</span>
          <select value={step.kind} data-testid="step-kind" onChange={(event) => onEdit({ kind: event.currentTarget.value as StepKind })}>
            {KINDS.map(([kind, words]) => <option key={kind} value={kind}>{words}</option>)}
          </select>
        </label>
        <button type="button" class="button" aria-label={`Move step ${number} up`} disabled={index === 0} data-testid="step-up" onClick={() => onMove(-1)}><Icon name="up" /></button>
        <button type="button" class="button" aria-label={`Move step ${number} down`} disabled={index === count - 1} data-testid="step-down" onClick={() => onMove(1)}><Icon name="down" /></button>
        <button type="button" class="button" aria-label={`Remove step ${number}`} data-testid="step-remove" onClick={onRemove}><Icon name="close" /></button>
      </header>
      <StepFields {...props} />
      {rest.length > 0 && <Fault text={rest.join("; ")} />}
    </li>
  );
}

function StepFields({ step, channels, faults, onEdit }: Props): ComponentChildren {
  const controls = channels.filter((channel) => channel.isControl);
  const field = (key: "to" | "time" | "limit" | "timeout" | "message", label: string, hint = "", kind: "number" | "area" | "text" = "number") => (
    <Field label={label} hint={hint} kind={kind} value={step[key]} fault={faults[key]} testId={`step-${key}`} onInput={(value) => onEdit({ [key]: value })} />
  );
  const time = (key: "time" | "timeout", label: string, hint = "seconds, or 5:00") => field(key, label, hint, "text");
  const picker = (from: readonly StepChannel[]) => (
    <Field label="Channel" choices={from.map((channel) => [channel.id, channel.label])} value={step.channel} fault={faults["channel"]} testId="step-channel" onInput={(channel) => onEdit({ channel })} />
  );
  const chosen = channels.find((channel) => channel.id === step.channel);
  switch (step.kind) {
    case "set":
      return <SetFields step={step} controls={controls} faults={faults} onEdit={onEdit} />;
    case "ramp":
      return <div class="form-grid">{picker(controls.filter((channel) => !channel.isToggle))}{field("to", "To", rangeOf(chosen))}{time("time", "Over")}</div>;
    case "hold":
      return <div class="form-grid">{time("time", "For")}</div>;
    case "wait":
      return (
        <div class="form-grid">
          {picker(channels)}
          <Field label="Condition" choices={RELATIONS} value={step.relation} testId="step-relation" onInput={(relation) => onEdit({ relation: relation as Relation })} />
          {field("limit", "Value", rangeOf(chosen))}
          {time("timeout", "At most", "empty: for ever")}
          {step.timeout.trim() !== "" && <Field label="Then" choices={ON_TIMEOUT} value={step.onTimeout} fault={faults["onTimeout"]} testId="step-onTimeout" onInput={(onTimeout) => onEdit({ onTimeout })} />}
        </div>
      );
    case "ask":
      return field("message", "What a person is to do or decide", "", "area");
  }
}

function SetFields({ step, controls, faults, onEdit }: { step: StepForm; controls: readonly StepChannel[]; faults: Record<string, string>; onEdit: Props["onEdit"] }) {
  const used = new Set(step.values.map(([id]) => id));
  const free = controls.find((channel) => !used.has(channel.id));
  const put = (at: number, entry: [string, string]) => onEdit({ values: step.values.map((old, place) => (place === at ? entry : old)) });
  const first = (channel: StepChannel | undefined) => (channel?.isToggle === true ? "on" : "");
  return (
    <>
      {step.values.map(([id, value], at) => {
        const channel = controls.find((known) => known.id === id);
        const choices = controls.filter((known) => known.id === id || !used.has(known.id)).map((known): [string, string] => [known.id, known.label]);
        // A channel that the machine has no more must be seen to be changed.
        if (channel === undefined) choices.unshift([id, id]);
        return (
          <div key={id} class="set-value">
            <Field label="Channel" choices={choices} value={id} testId="set-channel" onInput={(next) => put(at, [next, first(controls.find((known) => known.id === next))])} />
            <Field
              label="Value" kind="number" hint={channel?.isToggle === true ? "" : rangeOf(channel)} value={value} fault={faults[`values/${id}`]} testId={`set-${id}`}
              {...(channel?.isToggle === true ? { choices: ON_OFF } : {})} onInput={(text) => put(at, [id, text])}
            />
            <button type="button" class="button" aria-label={`Leave ${channel?.label ?? id} out`} disabled={step.values.length === 1} onClick={() => onEdit({ values: step.values.filter((_, place) => place !== at) })}><Icon name="minus" /></button>
          </div>
        );
      })}
      <Fault text={faults["values"]} />
      {free !== undefined && <p><button type="button" class="button" data-testid="set-more" onClick={() => onEdit({ values: [...step.values, [free.id, first(free)]] })}><Icon name="plus" /> Another channel</button></p>}
    </>
  );
}
