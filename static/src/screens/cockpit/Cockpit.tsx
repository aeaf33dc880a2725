// The roast cockpit: fixed zones, so that hands find them without eyes.

import { useComputed, useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { Action } from "../../model/keymap";
import { ReferenceStore } from "../../store/reference";
import type { MachineStore } from "../../store/machine";
import { ChartPanel, type ChartHandle } from "../../ui/ChartPanel";
import { useHouse, useMachine } from "../../ui/house";
import { Later } from "../../ui/Later";
import { useKeys } from "../../ui/keys";
import { go, link } from "../../ui/router";
import { showTitle } from "../../platform/title";
import { Controls } from "./Controls";
import { EventPanel } from "./EventPanel";
import { Head } from "./Head";
import { HelpDialog } from "./HelpDialog";
import { Readouts } from "./Readouts";
import { ReferencePicker } from "./ReferencePicker";
import { Strip } from "./Strip";
import { liveScene, summaryOf } from "./liveScene";

type Sheet = "none" | "help" | "finish";

export function Cockpit({ id }: { id: string }) {
  const house = useHouse();
  const machine = useMachine(id);
  const reference = useMemo(() => new ReferenceStore(machine.id), [machine]);
  const hidden = useSignal<ReadonlySet<string>>(new Set(["et_ror"]));
  const sheet = useSignal<Sheet>("none");
  const stopFailure = useSignal<string | null>(null);
  const chart = useRef<ChartHandle | null>(null);
  const name = useComputed(() => {
    const list = house.list.value;
    const found = list.kind === "ready" ? list.items.find((item) => item.id === id)?.name : undefined;
    return found ?? machine.config.value?.name ?? id;
  });
  useFinishSheet(machine, () => (sheet.value = "finish"));
  useEffect(() => showTitle(machine, name), [machine]);

  const stop = () => void machine.stop().then((problem) => (stopFailure.value = problem));
  useKeys((action) => {
    if (action.do === "stop") stop();
    else if (action.do === "help") sheet.value = "help";
    else if (action.do === "machine") goToMachine(house.list.peek(), action.index);
    else actOnMachine(machine, chart.current, action);
  });
  const isLive = () => machine.session.state.peek() !== "finished";
  const toggle = (curve: string) => {
    const next = new Set(hidden.peek());
    if (!next.delete(curve)) next.add(curve);
    hidden.value = next;
  };

  return (
    <main class="cockpit" data-testid="cockpit">
      <Head machine={machine} name={name.value} stopFailure={stopFailure} onHelp={() => (sheet.value = "help")} />
      <Strip machine={machine} stopFailure={stopFailure} onSave={() => (sheet.value = "finish")} />
      <Readouts machine={machine} reference={reference} hidden={hidden} onToggle={toggle} />
      <ChartPanel
        key={id} isLive={isLive} summary={summaryOf(machine, name.value)}
        scene={() => liveScene(machine, reference, hidden.peek())}
        watch={(redraw) => watchAll(machine, reference, hidden, redraw)}
        onReady={(handle) => (chart.current = handle)}
        tools={<ReferencePicker machineId={id} reference={reference} />}
      />
      <EventPanel machine={machine} />
      <Controls machine={machine} />
      {sheet.value === "help" && <HelpDialog onClose={() => (sheet.value = "none")} />}
      {sheet.value === "finish" && <Later quiet load={() => import("../shelf").then((m) => m.FinishSheet)} props={{ machine, onClose: () => (sheet.value = "none") }} />}
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

function watchAll(machine: MachineStore, reference: ReferenceStore, hidden: { subscribe: (f: () => void) => () => void }, redraw: () => void): () => void {
  // The hatched end and the live edge move even when nothing arrives.
  const timer = setInterval(redraw, 500);
  const ends = [machine.onChange(redraw), reference.profile.subscribe(redraw), hidden.subscribe(redraw)];
  return () => {
    clearInterval(timer);
    for (const end of ends) end();
  };
}

function goToMachine(list: ReturnType<typeof useHouse>["list"]["value"], index: number): void {
  const found = list.kind === "ready" ? list.items[index] : undefined;
  if (found !== undefined) go(link.machine(found.id));
}

function actOnMachine(machine: MachineStore, chart: ChartHandle | null, action: Action): void {
  switch (action.do) {
    case "mark":
      if (machine.session.state.peek() === "recording") machine.mark(action.event);
      break;
    case "mark_next":
      machine.markNext();
      break;
    case "undo":
      machine.undo();
      break;
    case "ack":
      machine.ackTopAlarm();
      break;
    case "record":
      machine.startNext();
      break;
    case "stop_recording":
      if (machine.session.state.peek() === "recording") machine.command({ action: "stop_recording" });
      break;
    case "fit":
    case "live":
      chart?.zoom({ kind: "all" });
      break;
    case "zoom_in":
      chart?.step("in");
      break;
    case "zoom_out":
      chart?.step("out");
      break;
    case "stop":
    case "help":
    case "machine":
      break;
  }
}
