// The stored programs of a machine, each with what starts it.

import { useSignal } from "@preact/signals";
import { messageOf, rest } from "../../link/rest";
import { stepWords } from "../../model/programForm";
import { tasks } from "../../store/tasks";
import type { MachineStore } from "../../store/machine";
import { Fault } from "../../ui/Field";
import { useHouse } from "../../ui/house";
import { Icon } from "../../ui/Icon";
import { link } from "../../ui/router";
import { useFetched } from "../../ui/useFetched";
import { stepChannels } from "./stepChannels";

/** `isLong`: with the steps of each. `isRunning`: something steers the machine, so nothing else can be started. */
export function Programs({ machine, isRunning, isLong = false }: { machine: MachineStore; isRunning: boolean; isLong?: boolean }) {
  const house = useHouse();
  const { value, error, again } = useFetched(() => rest.programs(machine.id), [machine]);
  const refusal = useSignal<{ id: string; why: string } | null>(null);
  const busy = useSignal(false);
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
  if (error !== null) return <><Fault text={error} /><button type="button" class="button" onClick={again}>Try again</button></>;
  if (value === null) return <p class="muted" role="status">Loading programs…</p>;
  if (value.length === 0) return <><p class="muted">No program yet: steps that the machine goes through by itself.</p><a class="button" href={link.program(machine.id, null)} data-testid="new-program"><Icon name="plus" /> Write one</a></>;
  const channels = stepChannels(machine);
  return (
    <ul class="form">
      {value.map((program) => (
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
