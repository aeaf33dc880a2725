// A button that means it only when it is held: for what cannot be taken back and must not happen by a passing sleeve.

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

/** How long it must be held. Unit: ms. */
export const HOLD_MS = 1_000;

type Props = { onHeld: () => void; children: ComponentChildren; testId?: string };

/** Calls back once it was held; works with a finger, a mouse, and the Enter or Space key. */
export function HoldButton({ onHeld, children, testId }: Props) {
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const isHeld = useSignal(false);
  const press = () => {
    if (isHeld.peek()) return;
    isHeld.value = true;
    timer.current = setTimeout(() => {
      isHeld.value = false;
      onHeld();
    }, HOLD_MS);
  };
  const release = () => {
    clearTimeout(timer.current);
    isHeld.value = false;
  };
  useEffect(() => release, []);
  const isKey = (event: KeyboardEvent) => event.key === "Enter" || event.key === " ";
  return (
    <button
      type="button" class={`button hold ${isHeld.value ? "held" : ""}`} data-testid={testId}
      onPointerDown={press} onPointerUp={release} onPointerLeave={release} onPointerCancel={release} onBlur={release}
      onKeyDown={(event) => {
        if (!isKey(event)) return;
        event.preventDefault();
        press();
      }}
      onKeyUp={(event) => isKey(event) && release()} onContextMenu={(event) => event.preventDefault()}
    >
      {children}
    </button>
  );
}
