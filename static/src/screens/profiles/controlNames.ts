// What the controls of a profile are called: as the machine it was roasted on has them, if this house has that machine.

import { useComputed, type ReadonlySignal } from "@preact/signals";
import { useHouse } from "../../ui/house";

export function useControlNames(machineId: string): ReadonlySignal<ReadonlyMap<string, string>> {
  const house = useHouse();
  return useComputed(() => {
    const isHere = house.items.value.some(({ id }) => id === machineId);
    const channels = (isHere ? house.get(machineId).config.value?.channels : undefined) ?? [];
    return new Map(channels.flatMap(({ id, label }) => (label === undefined ? [] : [[id, label] as const])));
  });
}
