// Work that a press begins: whether it goes on, and why the last of it failed.

import { useSignal, type Signal } from "@preact/signals";
import { messageOf } from "../link/rest";

export type Work = { busy: Signal<boolean>; fault: Signal<string | undefined>; run: (work: () => Promise<unknown>) => Promise<void> };

export function useWork(): Work {
  const busy = useSignal(false);
  const fault = useSignal<string | undefined>(undefined);
  const run: Work["run"] = async (work) => {
    busy.value = true;
    fault.value = undefined;
    try {
      await work();
    } catch (error) {
      fault.value = messageOf(error);
    } finally {
      busy.value = false;
    }
  };
  return { busy, fault, run };
}
