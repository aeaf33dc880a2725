// Work that a press begins: whether it goes on, and why the last of it failed.

import { useSignal, type Signal } from "@preact/signals";
import { messageOf, RestError } from "../link/rest";

export type Work = {
  busy: Signal<boolean>;
  fault: Signal<string | undefined>;
  /** What is wrong with one field of what was sent, by its JSON pointer. */
  faultAt: (pointer: string) => string | undefined;
  run: (work: () => Promise<unknown>) => Promise<void>;
};

export function useWork(): Work {
  const busy = useSignal(false);
  const fault = useSignal<string | undefined>(undefined);
  const error = useSignal<unknown>(undefined);
  const run: Work["run"] = async (work) => {
    busy.value = true;
    fault.value = error.value = undefined;
    try {
      await work();
    } catch (caught) {
      error.value = caught;
      fault.value = messageOf(caught);
    } finally {
      busy.value = false;
    }
  };
  const faultAt: Work["faultAt"] = (pointer) => (error.value instanceof RestError ? error.value.fields.find((field) => field.pointer === pointer)?.detail : undefined);
  return { busy, fault, faultAt, run };
}
