// Fetches what the editor needs: the program, and the channels that its steps may name.

import { rest } from "../../link/rest";
import { Trouble } from "../../ui/Banner";
import { Loading } from "../../ui/Loading";
import { useMachine } from "../../ui/house";
import { link } from "../../ui/router";
import { useFetched } from "../../ui/useFetched";
import { ProgramEditor } from "./ProgramEditor";
import { stepChannels } from "./stepChannels";

export function ProgramLoader({ id, program }: { id: string; program: string | null }) {
  const machine = useMachine(id);
  const { value: stored, error, again } = useFetched(() => (program === null ? Promise.resolve(null) : rest.program(program)), [program]);
  const back = <a class="button" href={link.programs(id)}>All programs</a>;
  const ended = machine.link.value;
  const why = error ?? (ended.kind === "gone" || ended.kind === "denied" ? ended.reason : null);
  if (why !== null) return <main class="page"><Trouble onRetry={again} actions={back}>{why}</Trouble></main>;
  const isReady = machine.loaded.value && machine.config.value !== null && (program === null || stored !== null);
  if (!isReady) return <main class="page"><Loading what="the program" />{back}</main>;
  return <ProgramEditor machineId={id} stored={stored} channels={stepChannels(machine)} />;
}
