// Fetches what the editor needs: the program, and the channels that its steps may name.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { rest } from "../../link/rest";
import type { ProgramView } from "../../wire/types";
import { Trouble } from "../../ui/Banner";
import { Loading } from "../../ui/Loading";
import { useMachine } from "../../ui/house";
import { link } from "../../ui/router";
import { ProgramEditor } from "./ProgramEditor";
import { stepChannels } from "./stepChannels";

export function ProgramLoader({ id, program }: { id: string; program: string | null }) {
  const machine = useMachine(id);
  const stored = useSignal<ProgramView | null>(null);
  const failure = useSignal<string | null>(null);
  const load = () => {
    failure.value = null;
    if (program !== null) rest.program(program).then((found) => (stored.value = found), (error: Error) => (failure.value = error.message));
  };
  useEffect(load, [program]);
  const back = <a class="button" href={link.programs(id)}>All programs</a>;
  const ended = machine.link.value;
  const why = failure.value ?? (ended.kind === "gone" || ended.kind === "denied" ? ended.reason : null);
  if (why !== null) return <main class="page"><Trouble onRetry={load} actions={back}>{why}</Trouble></main>;
  const isReady = machine.loaded.value && machine.config.value !== null && (program === null || stored.value !== null);
  if (!isReady) return <main class="page"><Loading what="the program" />{back}</main>;
  return <ProgramEditor machineId={id} stored={stored.value} channels={stepChannels(machine)} />;
}
