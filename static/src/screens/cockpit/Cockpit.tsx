// The roast cockpit: fixed zones, so that hands find them without eyes.

import { useComputed, useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { ReferenceStore } from "../../store/reference";
import type { MachineStore } from "../../store/machine";
import type { ChartHandle } from "../../ui/ChartFrame";
import { ChartPanel } from "../../ui/ChartPanel";
import { Icon } from "../../ui/Icon";
import { useHouse, useMachine } from "../../ui/house";
import { Later, LaterDialog } from "../../ui/Later";
import { useKeys } from "../../ui/keys";
import { showTitle } from "../../platform/title";
import { later } from "../later";
import { Controls } from "./Controls";
import { CountdownButton } from "./CountdownButton";
import { EventPanel } from "./EventPanel";
import { Head } from "./Head";
import { QuickEntry } from "./QuickEntry";
import { Readouts } from "./Readouts";
import { ReferencePicker } from "./ReferencePicker";
import { Strip } from "./Strip";
import { UnknownMachine } from "./UnknownMachine";
import { actOnMachine } from "./deeds";
import { liveScene, summaryOf } from "./liveScene";

type Sheet = "none" | "help" | "finish" | "timer";

export function Cockpit({ id }: { id: string }) {
  const house = useHouse();
  const machine = useMachine(id);
  const reference = useMemo(() => new ReferenceStore(machine.id), [machine]);
  const hidden = useSignal<ReadonlySet<string>>(new Set(["et_ror"]));
  const sheet = useSignal<Sheet>("none");
  const typing = useSignal(false);
  const chart = useRef<ChartHandle | null>(null);
  const name = useComputed(() => house.summary(id)?.name ?? machine.config.value?.name ?? id);
  useFinishSheet(machine, () => (sheet.value = "finish"));
  useEffect(() => showTitle(machine, name), [machine]);

  // A token that ran out is noticed here first: the list then asks for a new one.
  useSignalEffect(() => {
    if (machine.link.value.kind === "denied") void house.refresh();
  });
  useKeys((action) => {
    if (action.do === "help" || action.do === "timer") sheet.value = action.do;
    else if (action.do === "entry") typing.value = true;
    else if (action.do === "overlay") reference.shown.value = !reference.shown.peek();
    else actOnMachine(machine, chart.current, action);
  });
  const isLive = () => machine.session.state.peek() !== "finished";
  const toggle = (curve: string) => {
    const next = new Set(hidden.peek());
    if (!next.delete(curve)) next.add(curve);
    hidden.value = next;
  };

  const close = () => (sheet.value = "none");
  if (machine.link.value.kind === "gone") return <UnknownMachine id={id} reason={machine.link.value.reason} />;

  return (
    <main class="cockpit" data-testid="cockpit">
      <Head machine={machine} name={name.value} onHelp={() => (sheet.value = "help")} />
      <Strip machine={machine} onSave={() => (sheet.value = "finish")} />
      <Readouts machine={machine} reference={reference} hidden={hidden} onToggle={toggle} />
      <ChartPanel
        key={id} isLive={isLive} summary={summaryOf(machine, name.value)}
        scene={() => liveScene(machine, reference, hidden.peek())}
        watch={(redraw) => watchAll(machine, reference, hidden, redraw)}
        onReady={(handle) => (chart.current = handle)}
        tools={
          <>
            <ReferencePicker machineId={id} reference={reference} />
            <CountdownButton machine={machine} onPress={() => (sheet.value = "timer")} />
            <button type="button" class="button" aria-label="Type a value" title="Type a value (E)" data-testid="type-value" onClick={() => (typing.value = true)}>
              <Icon name="keys" />
            </button>
          </>
        }
      />
      <EventPanel machine={machine} />
      <Controls machine={machine} />
      {typing.value && <QuickEntry machine={machine} onClose={() => (typing.value = false)} />}
      {sheet.value === "help" && <LaterDialog title="Help" load={later("HelpDialog")} props={{ machine, onClose: close }} />}
      {sheet.value === "timer" && <LaterDialog title="Countdown" load={later("TimerDialog")} props={{ machine, onClose: close }} />}
      {sheet.value === "finish" && <Later quiet load={later("FinishSheet")} props={{ machine, onClose: close }} />}
    </main>
  );
}

/** Opens the sheet when this tab sees a recording end; a page opened afterwards only offers it. */
function useFinishSheet(machine: MachineStore, open: () => void): void {
  const before = useRef(machine.session.state.peek());
  useSignalEffect(() => {
    const state = machine.session.state.value;
    if (before.current === "recording" && state === "finished") open();
    before.current = state;
  });
}

function watchAll(machine: MachineStore, reference: ReferenceStore, hidden: { subscribe: (f: () => void) => () => void }, redraw: () => void): (() => void)[] {
  // The hatched end and the live edge move even when nothing arrives.
  const timer = setInterval(redraw, 500);
  return [() => clearInterval(timer), machine.onChange(redraw), reference.profile.subscribe(redraw), reference.shown.subscribe(redraw), hidden.subscribe(redraw)];
}
