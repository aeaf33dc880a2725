// The first look: one press makes a simulated roaster.

import { rest } from "../../link/rest";
import { Icon } from "../../ui/Icon";
import { Fault } from "../../ui/Field";
import { useHouse } from "../../ui/house";
import { go, link } from "../../ui/router";
import { useWork } from "../../ui/work";

/** The first id of `demo`, `demo-2`, … that is not taken. */
export function freeDemoId(taken: readonly string[]): string {
  for (let n = 1; ; n += 1) {
    const id = n === 1 ? "demo" : `demo-${n}`;
    if (!taken.includes(id)) return id;
  }
}

export function AddSimulator({ onAdded }: { onAdded?: () => void }) {
  const house = useHouse();
  const { busy, fault, run } = useWork();
  const add = async () => {
    const id = freeDemoId(house.items.peek().map((item) => item.id));
    const name = id === "demo" ? "Demo roaster" : `Demo roaster ${id.slice(5)}`;
    await rest.addMachine({ id, name, kind: "roaster", driver: { type: "simulator", model: "roaster", operator: true } });
    await house.refresh();
    onAdded?.();
    go(link.machine(id));
  };
  return (
    <div>
      <button type="button" class="button primary large" data-testid="add-simulator" disabled={busy.value} onClick={() => void run(add)}>
        <Icon name="plus" /> Add a simulated roaster
      </button>
      <Fault text={fault.value} />
    </div>
  );
}
