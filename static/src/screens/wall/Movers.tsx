// Where a machine stands on the wall: one place on by a press, or wherever a hand lets go of it. Nothing moves before that.

import type { Signal } from "@preact/signals";
import { Icon } from "../../ui/Icon";

/** A machine that is being carried, and the one whose place it would take. */
export type Carried = { id: string; over: string | null };

type Props = { ids: readonly string[]; id: string; name: string; carried: Signal<Carried | null>; onMove: (id: string, by: number) => void };

/** A hand this near to an edge of the window wants to see what is behind it. Unit: CSS px. */
const EDGE_PX = 72;
const SCROLL_PX = 14;
const KEYS: Record<string, number> = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 };

/** The machine whose card lies under a point of the window. */
function machineAt(x: number, y: number): string | null {
  return document.elementFromPoint(x, y)?.closest<HTMLElement>("[data-machine]")?.dataset["machine"] ?? null;
}

export function Movers({ ids, id, name, carried, onMove }: Props) {
  const at = ids.indexOf(id);
  const move = (by: number, event: { currentTarget: HTMLElement }) => {
    const pressed = event.currentTarget;
    onMove(id, by);
    // What is taken out of the page and put in again loses the keyboard.
    requestAnimationFrame(() => pressed.focus());
  };
  const carry = (event: PointerEvent & { currentTarget: HTMLElement }) => {
    if (carried.peek()?.id !== id) return;
    const { clientX, clientY, currentTarget } = event;
    const edge = clientY < EDGE_PX ? -SCROLL_PX : clientY > innerHeight - EDGE_PX ? SCROLL_PX : 0;
    if (edge !== 0) currentTarget.closest(".page")?.scrollBy(0, edge);
    const over = machineAt(clientX, clientY);
    if (over !== carried.peek()?.over) carried.value = { id, over };
  };
  const drop = () => {
    const over = carried.peek()?.over ?? null;
    const to = over === null || carried.peek()?.id !== id ? -1 : ids.indexOf(over);
    carried.value = null;
    if (to >= 0 && to !== at) onMove(id, to - at);
  };
  return (
    <p class="row movers">
      <button type="button" class="button" aria-label={`${name}: earlier`} disabled={at === 0} data-testid={`earlier-${id}`} onClick={(event) => move(-1, event)}><Icon name="left" /></button>
      <button
        type="button" class="button grip" aria-label={`Move ${name}: drag, or use the arrow keys`} data-testid={`grip-${id}`}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          carried.value = { id, over: null };
        }}
        onPointerMove={carry} onPointerUp={drop} onLostPointerCapture={() => (carried.value = null)}
        onKeyDown={(event) => {
          const by = KEYS[event.key];
          if (by === undefined) return;
          event.preventDefault();
          move(by, event);
        }}
      >
        <Icon name="grip" />
      </button>
      <button type="button" class="button" aria-label={`${name}: later`} disabled={at === ids.length - 1} data-testid={`later-${id}`} onClick={(event) => move(1, event)}><Icon name="right" /></button>
    </p>
  );
}
