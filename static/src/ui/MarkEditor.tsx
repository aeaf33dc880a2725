// Putting a roast's events right: typed, stepped, or placed on the curve. Nothing is sent from here.

import { useSignal } from "@preact/signals";
import { duration, temp } from "../model/format";
import { inTime, oddities, readTime, withMark, withoutMark, type Temperatures } from "../model/markEdit";
import { at, EVENT_NAMES, IN_ORDER, type Marks } from "../model/marks";
import { settings } from "../store/settings";
import type { EventType, RoastEvent } from "../wire/types";
import { Fault } from "./Field";
import { Icon } from "./Icon";

const STEP_MS = 1000;

type Props = {
  marks: Marks;
  /** Moments a mark may have, on the session's clock. Unit: ms. */
  span: readonly [fromMs: number, toMs: number];
  lookUp: (ms: number) => Temperatures;
  onChange: (marks: Marks) => void;
  /** The event that the next tap on the curve places, where there is a curve to tap. */
  picking?: EventType | null;
  onPick?: (type: EventType | null) => void;
};

export function MarkEditor({ marks, span, lookUp, onChange, picking = null, onPick }: Props) {
  const originMs = at(marks, "CHARGE") ?? 0;
  const missing = IN_ORDER.filter((type) => !marks.has(type));
  const odd = oddities(marks);
  const move = (type: EventType, ms: number) => {
    const held = Math.min(span[1], Math.max(span[0], ms));
    onChange(withMark(marks, type, held, lookUp(held)));
  };
  return (
    <div class="mark-editor" data-testid="mark-editor">
      {inTime(marks).map((mark) => (
        <MarkRow key={mark.event_type} mark={mark} originMs={originMs} odd={odd.get(mark.event_type)} isPicking={picking === mark.event_type}
          onMove={(ms) => move(mark.event_type, ms)} onRemove={() => onChange(withoutMark(marks, mark.event_type))} onPick={onPick} />
      ))}
      {marks.size === 0 && <p class="muted">No events. Add the first one.</p>}
      {missing.length > 0 && (
        <div class="row" role="group" aria-label="Add an event">
          <span class="small muted">Add</span>
          {missing.map((type) => (
            <button key={type} type="button" class="button" data-testid={`add-${type}`} onClick={() => {
              move(type, placeFor(type, marks, span));
              onPick?.(type);
            }}><Icon name="plus" /> {EVENT_NAMES[type].short}</button>
          ))}
        </div>
      )}
    </div>
  );
}

/** Where a new mark begins: between its neighbours. */
function placeFor(type: EventType, marks: Marks, [fromMs, toMs]: readonly [number, number]): number {
  const index = IN_ORDER.indexOf(type);
  const times = (types: readonly EventType[]) => types.flatMap((other) => marks.get(other)?.timestamp_ms ?? []);
  const before = Math.max(fromMs, ...times(IN_ORDER.slice(0, index)));
  const after = Math.min(toMs, ...times(IN_ORDER.slice(index + 1)));
  return type === "CHARGE" ? before : Math.round((before + Math.max(before, after)) / 2);
}

type RowProps = { mark: RoastEvent; originMs: number; odd: string | undefined; isPicking: boolean; onMove: (ms: number) => void; onRemove: () => void; onPick: Props["onPick"] };

function MarkRow({ mark, originMs, odd, isPicking, onMove, onRemove, onPick }: RowProps) {
  const typed = useSignal<string | null>(null);
  const unit = settings.unit.value;
  const type = mark.event_type;
  const { short } = EVENT_NAMES[type];
  // CHARGE is the zero of all others: its own time is that of the recording.
  const zero = type === "CHARGE" ? 0 : originMs;
  const wrong = typed.value !== null && readTime(typed.value) === null;
  const told = duration(mark.timestamp_ms - zero);
  const settle = () => {
    const ms = typed.value === null ? null : readTime(typed.value);
    if (ms === null) return;
    // Seconds are what is told: typing the same again moves nothing.
    if (typed.value !== told) onMove(ms + zero);
    typed.value = null;
  };
  return (
    <div class="mark-row" data-testid={`row-${type}`} role="group" aria-label={EVENT_NAMES[type].long}>
      <p><b>{short}</b><br /><span class="small muted">{temp(mark.bt_at_event, unit)} °{unit} · {mark.auto_detected ? "auto" : "manual"}</span></p>
      <div class="stepper">
        <button type="button" class="button" aria-label={`${short} one second earlier`} onClick={() => onMove(mark.timestamp_ms - STEP_MS)}><Icon name="minus" /></button>
        <input type="text" inputMode="numeric" autocomplete="off" aria-label={`Time of ${short}`} aria-invalid={wrong} value={typed.value ?? told} data-testid={`time-${type}`}
          onInput={(event) => (typed.value = event.currentTarget.value)} onBlur={settle} onKeyDown={(event) => {
            if (event.key !== "Enter") return;
            event.preventDefault();
            settle();
          }} />
        <button type="button" class="button" aria-label={`${short} one second later`} onClick={() => onMove(mark.timestamp_ms + STEP_MS)}><Icon name="plus" /></button>
      </div>
      <span class="mark-actions">
        {onPick !== undefined && <button type="button" class="button" aria-pressed={isPicking} onClick={() => onPick(isPicking ? null : type)}>Tap curve</button>}
        <button type="button" class="button" aria-label={`Delete ${short}`} data-testid={`remove-${type}`} onClick={onRemove}>Delete</button>
      </span>
      <Fault text={wrong ? "Give a time such as 8:49" : undefined} />
      {!wrong && odd !== undefined && <p class="fault"><Icon name="triangle" /> {odd}</p>}
    </div>
  );
}
