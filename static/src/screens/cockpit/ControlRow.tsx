// One control: what is applied, what was asked for, and what became of it.

import type { ReadonlySignal } from "@preact/signals";
import { fixed } from "../../model/format";
import { unitSign } from "../../model/units";
import type { Ask, ControlLine } from "../../store/controls";
import { Icon } from "../../ui/Icon";
import { shownValue, Slider } from "../../ui/Slider";
import type { Control } from "../../wire/types";

type Props = { line: ReadonlySignal<ControlLine>; isBarred: boolean; onEdit: (value: number) => void; onCommit: (value: number) => void; };

/** The steps of − and +: a twentieth of the range. */
const COARSE = 0.05;
const FINE = 0.01;

/** One step of the grid as a fraction; a control without a grid moves by a hundredth. */
export function stepOf(spec: Control): number {
  const range = spec.max - spec.min;
  return spec.step > 0 && range > 0 ? Math.min(1, spec.step / range) : FINE;
}

/** A fraction as the machine's own number, with as many decimals as its grid has. */
export function native(spec: Control, fraction: number): string {
  const value = spec.min + fraction * (spec.max - spec.min);
  const decimals = spec.step > 0 && spec.step < 1 ? Math.min(3, Math.ceil(-Math.log10(spec.step))) : 0;
  return fixed(value, decimals);
}

export function ControlRow({ line, isBarred, onEdit, onCommit }: Props) {
  const { spec, applied, by, ask } = line.value;
  const isDisabled = isBarred || !spec.enabled;
  const unit = unitSign(spec.unit);
  const say = (value: number) => `${native(spec, value)} ${unit}`;
  const outcome = (
    <div class="outcome" data-testid={`outcome-${spec.id}`} data-ask={ask.kind}>
      <b data-testid={`applied-${spec.id}`}>{spec.type === "toggle" ? (applied === null ? "––" : applied >= 0.5 ? "On" : "Off") : `${applied === null ? "––" : native(spec, applied)} ${unit}`}</b>
      <Outcome ask={ask} by={by} say={spec.type === "toggle" ? (value) => (value >= 0.5 ? "On" : "Off") : (value) => native(spec, value)} />
    </div>
  );
  const refusal = ask.kind === "refused" && <p class="fault refusal" role="alert" data-testid={`refusal-${spec.id}`}><Icon name="triangle" />{ask.reason}</p>;
  if (spec.type === "toggle") {
    const isOn = shownValue(applied, ask) >= 0.5;
    return (
      <div class="panel control toggle">
        <div class="control-top">
          <span class="label">{spec.label}</span>
          {outcome}
          <button type="button" class="button large switch" role="switch" aria-checked={isOn} disabled={isDisabled} data-testid={`toggle-${spec.id}`} onClick={() => onCommit(isOn ? 0 : 1)}>
            {isOn ? "Switch off" : "Switch on"}
          </button>
        </div>
        {refusal}
      </div>
    );
  }
  const step = stepOf(spec);
  const coarse = Math.max(step, Math.round(COARSE / step) * step);
  const nudge = (by: number) => onCommit(Math.min(1, Math.max(0, Math.round((shownValue(applied, ask) + by) / step) * step)));
  return (
    <div class="panel control">
      <div class="control-top">
        <span class="label">{spec.label}</span>
        {outcome}
      </div>
      <div class="control-main">
        <button type="button" class="button large" aria-label={`${spec.label} down`} disabled={isDisabled} data-testid={`down-${spec.id}`} onClick={() => nudge(-coarse)}>
          <Icon name="minus" />
        </button>
        <Slider label={spec.label} applied={applied} ask={ask} step={step} disabled={isDisabled} say={say} onEdit={onEdit} onCommit={onCommit} testId={`slider-${spec.id}`} />
        <button type="button" class="button large" aria-label={`${spec.label} up`} disabled={isDisabled} data-testid={`up-${spec.id}`} onClick={() => nudge(coarse)}>
          <Icon name="plus" />
        </button>
      </div>
      {refusal}
    </div>
  );
}

function Outcome({ ask, by, say }: { ask: Ask; by: string | null; say: (value: number) => string }) {
  switch (ask.kind) {
    case "editing":
      return <span class="ask">→ {say(ask.value)}</span>;
    case "sent":
      return <span class="ask">→ {say(ask.value)} sent</span>;
    case "applied":
      return <span class="ask"><Icon name="check" /> applied</span>;
    case "refused":
      return <span class="ask"><Icon name="slash" /> refused</span>;
    case "unknown":
      return <span class="ask" role="alert"><Icon name="triangle" /> unknown, check machine</span>;
    case "idle":
      return <span class="ask">{by === null ? "" : `by ${by}`}</span>;
  }
}
