// A slider that tells the truth: a solid mark where the machine stands, a hollow thumb where it was asked to go.

import { useRef } from "preact/hooks";
import type { Ask } from "../store/controls";

type Props = {
  label: string;
  /** Last applied, 0 to 1. */
  applied: number | null;
  ask: Ask;
  /** One step of the keyboard, 0 to 1. */
  step: number;
  disabled: boolean;
  /** How a value is read out. */
  say: (value: number) => string;
  onEdit: (value: number) => void;
  onCommit: (value: number) => void;
  testId?: string;
};

const THUMB_PX = 14;
const PAGE_STEPS = 10;

/** Where the thumb stands: what is being asked for, else what is applied. */
export function shownValue(applied: number | null, ask: Ask): number {
  switch (ask.kind) {
    case "editing":
    case "sent":
    case "unknown":
      return ask.value;
    case "idle":
    case "applied":
    case "refused":
      return applied ?? 0;
  }
}

/** The value a key asks for, null if the key means nothing here. */
export function keyValue(key: string, value: number, step: number): number | null {
  const moves: Record<string, number> = {
    ArrowRight: value + step, ArrowUp: value + step, ArrowLeft: value - step, ArrowDown: value - step,
    PageUp: value + PAGE_STEPS * step, PageDown: value - PAGE_STEPS * step, Home: 0, End: 1,
  };
  const next = moves[key];
  return next === undefined ? null : Math.min(1, Math.max(0, next));
}

export function Slider({ label, applied, ask, step, disabled, say, onEdit, onCommit, testId }: Props) {
  const track = useRef<HTMLDivElement>(null);
  const grabbed = useRef<number | null>(null);
  const value = shownValue(applied, ask);
  const look = ask.kind === "sent" || ask.kind === "unknown" ? "dashed" : ask.kind === "editing" ? "hollow" : "";

  const valueAt = (clientX: number): number => {
    const box = track.current?.getBoundingClientRect();
    if (box === undefined) return value;
    const raw = (clientX - box.left - THUMB_PX) / (box.width - 2 * THUMB_PX);
    return Math.min(1, Math.max(0, Math.round(raw / step) * step));
  };
  const place = (at: number) => ({ left: `calc(${THUMB_PX}px + ${at} * (100% - ${2 * THUMB_PX}px))` });

  const press = (event: PointerEvent) => {
    const onThumb = event.target !== track.current;
    // A tap on the track would jump the burner under a passing sleeve; a mouse does not pass by accident.
    if (disabled || (!onThumb && event.pointerType !== "mouse")) return;
    grabbed.current = event.pointerId;
    track.current?.setPointerCapture(event.pointerId);
    if (!onThumb) onEdit(valueAt(event.clientX));
  };
  const move = (event: PointerEvent) => {
    if (grabbed.current === event.pointerId) onEdit(valueAt(event.clientX));
  };
  const release = (event: PointerEvent) => {
    if (grabbed.current !== event.pointerId) return;
    grabbed.current = null;
    onCommit(valueAt(event.clientX));
  };
  const key = (event: KeyboardEvent) => {
    const next = disabled ? null : keyValue(event.key, value, step);
    if (next === null) return;
    event.preventDefault();
    onEdit(next);
  };

  return (
    <div class="track" ref={track} aria-disabled={disabled} onPointerDown={press} onPointerMove={move} onPointerUp={release} onPointerCancel={release}>
      <span class="fill" style={{ width: `calc(${applied ?? 0} * (100% - ${2 * THUMB_PX}px))` }} />
      {applied !== null && <span class="applied" style={place(applied)} />}
      <span
        class={`thumb ${look}`} style={place(value)} role="slider" tabIndex={disabled ? -1 : 0} data-testid={testId}
        aria-label={label} aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.round(value * 100)}
        aria-valuetext={say(value)} aria-disabled={disabled} onKeyDown={key}
      />
    </div>
  );
}
