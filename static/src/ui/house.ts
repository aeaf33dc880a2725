// What every screen needs: the machines, and who this tab is.

import { createContext } from "preact";
import { useContext, useEffect, useMemo } from "preact/hooks";
import type { MachineStore } from "../store/machine";
import type { MachinesStore } from "../store/machines";

/** The machines of the house. */
export const House = createContext<MachinesStore | null>(null);

/** The machines of the house. */
export function useHouse(): MachinesStore {
  const house = useContext(House);
  if (house === null) throw new Error("A screen was rendered outside the house");
  return house;
}

/** A machine, its socket open for as long as the caller is on screen. */
export function useMachine(id: string): MachineStore {
  const house = useHouse();
  const machine = useMemo(() => house.get(id), [house, id]);
  useEffect(() => machine.hold(), [machine]);
  return machine;
}
