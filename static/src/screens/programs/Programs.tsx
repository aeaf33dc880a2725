// The stored programs of a machine, each with what starts it.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { messageOf, rest } from "../../link/rest";
import { stepWords } from "../../model/programForm";
import { tasks } from "../../store/tasks";
import type { MachineStore } from "../../store/machine";
import type { ProgramView } from "../../wire/types";
import { Fault } from "../../ui/Field";
import { useHouse } from "../../ui/house";
import { Icon } from "../../ui/Icon";
import { link } from "../../ui/router";
import { stepChannels } from "./stepChannels";

type State = { kind: "loading" } | { kind: "failed"; error: string } | { kind: "ready"; items: ProgramView[] };

/** `isLong`: with the steps of each. `isRunning`: something steers the machine, so nothing else can be started. */
export function Programs({ machine, isRunning, isLong = false }: { machine: MachineStore; isRunning: boolean; isLong?: boolean }) {
  const house = useHouse();
  const state = useSignal<State>({ kind: "loading" });
  const refusal = useSignal<{ id: string; why: string } | null>(null);
  const busy = useSignal(false);
  const load = () => rest.programs(machine.id).then((items) => (state.value = { kind: "ready", items }), (error: Error) => (state.value = { kind: "failed", error: error.message }));
  useEffect(() => void load(), [machine]);
  const start = async (id: string) => {
    busy.value = true;
    refusal.value = null;
    try {
      await rest.startProgram(id, { clientId: house.clientId });
      await tasks.refresh();
    } catch (error) {
      refusal.value = { id, why: messageOf(error) };
    } finally {
      busy.value = false;
    }
  };
  const { value } = state;
  if (value.kind === "loading") return <p class="muted" role="status">Loading programs…</p>;
  if (value.kind === "failed") return <><Fault text={value.error} /><button type="button" class="button" onClick={() => void load()}>Try again</button></>;
  if (value.items.length === 0) return <><p class="muted">No program yet: steps that the machine goes through by itself.</p><a class="button" href={link.program(machine.id, null)} data-testid="new-program"><Icon name="plus" /> Write one</a></>;
  const channels = stepChannels(machine);
  return (
    <ul class="form">
      {value.items.map((program) => (
        <li key={program.id} class={isLong ? "panel form" : "form"} data-testid={`program-${program.id}`}>
          <div class="row">
            <a class="row-link grow" href={link.program(machine.id, program.id)}>{program.name ?? program.id}</a>
            <button type="button" class="button large" disabled={isRunning || busy.value} title={isRunning ? "Something runs on this machine already" : ""} data-testid={`start-${program.id}`} aria-label={`Start ${program.name ?? program.id}`} onClick={() => void start(program.id)}>
              <Icon name="play" /> Start
            </button>
          </div>
          {refusal.value?.id === program.id && <Fault text={refusal.value.why} />}
          {isLong && <ol class="small muted">{program.steps.map((step, index) => <li key={index}>{index + 1}. {stepWords(step, channels)}</li>)}</ol>}
        </li>
      ))}
    </ul>
  );
}
