// The first look: one press makes a simulated roaster.

import { useSignal } from "@preact/signals";
import { rest, RestError } from "../../link/rest";
import { Icon } from "../../ui/Icon";
import { Fault } from "../../ui/Field";
import { useHouse } from "../../ui/house";
import { go, link } from "../../ui/router";

/** The first id of `demo`, `demo-2`, … that is not taken. */
export function freeDemoId(taken: readonly string[]): string {
  for (let n = 1; ; n += 1) {
    const id = n === 1 ? "demo" : `demo-${n}`;
    if (!taken.includes(id)) return id;
  }
}

export function AddSimulator({ onAdded }: { onAdded?: () => void }) {
  const house = useHouse();
  const fault = useSignal<string | undefined>(undefined);
  const busy = useSignal(false);
  const add = async () => {
    busy.value = true;
    fault.value = undefined;
    const list = house.list.peek();
    const id = freeDemoId(list.kind === "ready" ? list.items.map((item) => item.id) : []);
    const name = id === "demo" ? "Demo roaster" : `Demo roaster ${id.slice(5)}`;
    try {
      await rest.addMachine({ id, name, kind: "roaster", driver: { type: "simulator", model: "roaster", operator: true } });
      await house.refresh();
      onAdded?.();
      go(link.machine(id));
    } catch (error) {
      fault.value = error instanceof RestError ? error.message : String(error);
    } finally {
      busy.value = false;
    }
  };
  return (
    <div>
      <button type="button" class="button primary large" data-testid="add-simulator" disabled={busy.value} onClick={() => void add()}>
        <Icon name="plus" /> Add a simulated roaster
      </button>
      <Fault text={fault.value} />
    </div>
  );
}
