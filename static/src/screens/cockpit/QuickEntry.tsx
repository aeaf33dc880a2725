// A line to type a value into: `b75`, Enter.

import { useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { parseEntry } from "../../model/entry";
import type { MachineStore } from "../../store/machine";
import { Fault } from "../../ui/Field";
import { useHouse } from "../../ui/house";
import { barOf, isBarred } from "./Controls";

type Props = { machine: MachineStore; onClose: () => void };

export function QuickEntry({ machine, onClose }: Props) {
  const house = useHouse();
  const input = useRef<HTMLInputElement>(null);
  const fault = useSignal<string | undefined>(undefined);
  useLayoutEffect(() => {
    const before = document.activeElement;
    input.current?.focus();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  const submit = (event: Event) => {
    event.preventDefault();
    const specs = machine.controls.order.peek().flatMap((id) => machine.controls.line(id)?.peek().spec ?? []);
    const entry = parseEntry(input.current?.value ?? "", specs);
    const bar = barOf(machine, false, house.me.peek());
    if ("fault" in entry || isBarred(machine, bar, entry.id)) {
      fault.value = "fault" in entry ? entry.fault : bar?.why;
      return;
    }
    machine.controls.commit(entry.id, entry.value);
    onClose();
  };
  return (
    <form class="quick-entry panel" onSubmit={submit} data-testid="quick-entry" noValidate>
      <label class="row">
        Set
        <input ref={input} type="text" onKeyDown={(event) => event.key === "Escape" && onClose()} autocomplete="off" spellcheck={false} aria-invalid={fault.value !== undefined} placeholder="b75" />
      </label>
      <button type="submit" class="button primary">Enter</button>
      <button type="button" class="button" onClick={onClose}>Cancel</button>
      <Fault text={fault.value} />
    </form>
  );
}
