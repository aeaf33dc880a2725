// All that is wrong with a document, above it: each fault leads to its field.

import { useLayoutEffect, useRef } from "preact/hooks";
import type { Faults } from "../model/draft";
import { fieldId } from "./DraftField";
import { Icon } from "./Icon";

type Props = {
  faults: Faults;
  /** Counts the attempts: with each, the focus comes here. */
  attempt: number;
  /** What a place is called. */
  nameOf: (pointer: string) => string;
  /** Brings a place on screen, before it gets the focus. */
  show: (pointer: string) => void;
};

/** Moves the focus to the field of a place; to the nearest one above it, where it has none of its own. */
export function focusField(pointer: string): void {
  requestAnimationFrame(() => {
    for (let place = pointer; place !== ""; place = place.slice(0, place.lastIndexOf("/"))) {
      const field = document.getElementById(fieldId(place));
      if (field !== null) return field.focus();
    }
  });
}

export function FaultSummary({ faults, attempt, nameOf, show }: Props) {
  const ref = useRef<HTMLElement>(null);
  useLayoutEffect(() => {
    if (faults.size > 0) ref.current?.focus();
  }, [attempt]);
  if (faults.size === 0) return null;
  const go = (pointer: string) => {
    show(pointer);
    focusField(pointer);
  };
  return (
    <section class="panel faults" role="alert" tabIndex={-1} ref={ref} data-testid="fault-summary">
      <h2><Icon name="triangle" /> {faults.size === 1 ? "One thing needs another look" : `${faults.size} things need another look`}</h2>
      <ul>
        {[...faults].map(([pointer, detail]) => (
          <li key={pointer}>
            {pointer === "" ? detail : <button type="button" class="link" onClick={() => go(pointer)}>{nameOf(pointer)}: {detail}</button>}
          </li>
        ))}
      </ul>
    </section>
  );
}
