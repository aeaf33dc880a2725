// STOP. In the same corner of every screen, never greyed out, no question asked. An open dialog makes the page behind it
// deaf, so the dialog brings its own, in the same place.

import { computed, signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { MachineStore } from "../store/machine";
import type { MachinesStore } from "../store/machines";
import { Banner } from "./Banner";
import { useHouse } from "./house";
import { machineAt, route } from "./router";

/** How many dialogs are open. */
const dialogs = signal(0);
/** What a person must know because STOP did not arrive. */
const failure = signal<string | null>(null);
const isCovered = computed(() => dialogs.value > 0);

/** The machine that STOP is for here; null where it is for all of them. */
function targetOf(house: MachinesStore): MachineStore | null {
  const id = machineAt(location.hash);
  const machine = id === null ? null : house.get(id);
  return machine?.link.value.kind === "gone" ? null : machine;
}

/** What STOP does here. */
export function useStop(): () => void {
  const house = useHouse();
  return () => {
    failure.value = null;
    void (targetOf(house) ?? house).stop().then((problem) => (failure.value = problem));
  };
}

/** The corner of the page itself. */
export function StopCorner() {
  return isCovered.value ? null : <Corner />;
}

/** The corner of a dialog, for as long as it is open. */
export function StopInDialog() {
  useEffect(() => {
    dialogs.value += 1;
    return () => void (dialogs.value -= 1);
  }, []);
  return <Corner />;
}

function Corner() {
  const stop = useStop();
  // What it says is about the place: it says it anew on the way to another.
  void route.value;
  const understood = <button type="button" class="button" onClick={() => (failure.value = null)}>Understood</button>;
  return (
    <>
      <button type="button" class="button stop" data-testid="stop" onClick={stop} title="Software stop: outputs go to their safe values. Ctrl+Shift+H">
        {targetOf(useHouse()) === null ? "STOP ALL" : "STOP"}<span class="small">(software)</span>
      </button>
      {failure.value !== null && (
        <div class="stop-failure">
          <Banner icon="octagon" tone="critical" urgent blink testId="stop-failure" actions={understood}>
            <b>{failure.value}</b>
          </Banner>
        </div>
      )}
    </>
  );
}
