// A rating of one to five.

import { useId } from "preact/hooks";
import { NO_VALUE } from "../model/format";

const BEST = 5;

/** A rating to read. */
export function Stars({ value }: { value: number }) {
  if (value === 0) return <span class="muted">{NO_VALUE}</span>;
  return <span role="img" class="stars" aria-label={`${value} of ${BEST}`}>{"★".repeat(value)}{"☆".repeat(BEST - value)}</span>;
}

/** A rating to choose; the one that is chosen takes it away again. */
export function StarInput({ value, onInput, fault }: { value: number; onInput: (value: number) => void; fault?: string | undefined }) {
  const id = useId();
  return (
    <div class="field star-field" role="group" aria-labelledby={id}>
      <span class="label" id={id}>Rating</span>
      <div class="star-input">
        {Array.from({ length: BEST }, (_, index) => index + 1).map((star) => (
          <button key={star} type="button" class="button quiet" aria-pressed={star === value} aria-label={`${star} of ${BEST}`} data-testid={`star-${star}`} onClick={() => onInput(star === value ? 0 : star)}>
            {star <= value ? "★" : "☆"}
          </button>
        ))}
      </div>
      {fault !== undefined && <p class="fault" role="alert">{fault}</p>}
    </div>
  );
}
