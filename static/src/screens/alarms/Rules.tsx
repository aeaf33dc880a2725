// The rules of a machine: each a sentence, opened to be edited; saved together with the machine's document.

import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { rest, RestError } from "../../link/rest";
import { listAt, type Doc } from "../../model/draft";
import { byPointer, complete } from "../../model/machineDraft";
import { placeName } from "../../model/placeName";
import { alarmSentence, blankAlarm, blankInterlock, interlockSentence, speakable, type Speakable } from "../../model/rules";
import { draftOf, type Draft } from "../../store/draft";
import type { MachineStore } from "../../store/machine";
import { Banner, Trouble } from "../../ui/Banner";
import { Fault } from "../../ui/Field";
import { LeftOver } from "../../ui/LeftOver";
import { FaultSummary, focusField } from "../../ui/FaultSummary";
import { Icon } from "../../ui/Icon";
import { Loading } from "../../ui/Loading";
import { AlarmFields, InterlockFields } from "./RuleFields";

type List = "/alarms" | "/interlocks";

export function Rules({ id, machine }: { id: string; machine: MachineStore }) {
  const draft = useMemo(() => draftOf(id), [id]);
  const open = useSignal<string | null>(null);
  const failed = useSignal<string | null>(null);
  const busy = useSignal(false);
  const said = useSignal("");
  const attempt = useSignal(0);
  const isLeft = useSignal(false);
  const load = () => {
    failed.value = null;
    isLeft.value = draft.isChanged.peek();
    if (isLeft.peek()) return;
    rest.machineDocument(id).then((doc) => draft.load(doc), (error: Error) => (failed.value = error.message));
  };
  useEffect(load, [id]);
  if (failed.value !== null) return <Trouble onRetry={load}>{failed.value}</Trouble>;
  if (draft.kept.value === null) return <Loading what="the rules" />;
  const doc = draft.doc.value;
  const reading = machine.session.readout.value;
  const sensors = reading === null ? ["bt", "et"] : ["bt", "et", ...Object.keys(reading.extra_channels ?? {})];
  const controls = machine.controls.order.value.flatMap((one) => machine.controls.line(one)?.value.spec ?? []);
  const channels = speakable(doc, controls, sensors);
  const save = async () => {
    busy.value = true;
    said.value = "";
    try {
      const kept = await rest.replaceMachine(id, complete(draft.doc.peek()));
      draft.load(kept);
      machine.config.value = kept;
      open.value = null;
      said.value = "Saved.";
    } catch (error) {
      const refusal = error instanceof RestError ? error : new RestError(0, "", String(error));
      draft.faults.value = refusal.fields.length > 0 ? byPointer(refusal.fields) : new Map([["", refusal.message]]);
      attempt.value += 1;
    } finally {
      busy.value = false;
    }
  };
  const add = (list: List, rule: Doc) => {
    open.value = draft.add(list, rule);
    focusField(`${open.peek()}/${list === "/alarms" ? "when" : "blocks"}/channel`);
  };
  const isRecording = machine.session.state.value === "recording";
  const rows = { draft, channels, open: open.value, onOpen: (place: string | null) => (open.value = place) };
  return (
    <section class="step-panel" data-testid="rules">
      {isRecording && <Banner icon="record" testId="recording">The machine is recording: rules can be saved when the recording has ended.</Banner>}
      {isLeft.value && draft.isChanged.value && <LeftOver draft={draft} />}
      <FaultSummary
        faults={draft.faults.value} attempt={attempt.value} nameOf={(pointer) => placeName(doc, pointer)}
        show={(pointer) => (open.value = pointer.split("/").slice(0, 3).join("/"))}
      />
      <header class="row"><h2 class="grow">Alarms</h2><button type="button" class="button" data-testid="add-alarm" onClick={() => add("/alarms", blankAlarm(draft.doc.peek(), channels))}><Icon name="plus" /> Alarm</button></header>
      <RuleList list="/alarms" none="No alarm yet: nobody is told when a value goes where it should not." {...rows} />
      <header class="row"><h2 class="grow">Interlocks</h2><button type="button" class="button" data-testid="add-interlock" disabled={!channels.some((one) => one.isControl)} onClick={() => add("/interlocks", blankInterlock(draft.doc.peek(), channels))}><Icon name="lock" /> Interlock</button></header>
      <RuleList list="/interlocks" none="No interlock yet. One refuses orders, such as heat without air; switching off it never refuses." {...rows} />
      <footer class="setup-foot">
        <span class="grow" role="status" data-testid="saved">{said.value}</span>
        {draft.opensAnew.value && <span class="muted small">Saving starts the machine afresh; its outputs go to safe first.</span>}
        <button type="button" class="button" disabled={!draft.isChanged.value} onClick={() => draft.discard()}>Undo changes</button>
        <button type="button" class="button primary" disabled={busy.value || !draft.isChanged.value} data-testid="save-rules" onClick={() => void save()}>{busy.value ? "Saving…" : "Save rules"}</button>
      </footer>
    </section>
  );
}

type ListProps = { list: List; none: string; draft: Draft; channels: Speakable[]; open: string | null; onOpen: (place: string | null) => void };

function RuleList({ list, none, draft, channels, open, onOpen }: ListProps) {
  const rules = listAt(draft.doc.value, list);
  if (rules.length === 0) return <p class="muted">{none}</p>;
  return (
    <ul class="alarm-list">
      {rules.map((rule, index) => {
        const here = `${list}/${index}`;
        const isOpen = open === here;
        const faults = [...draft.faults.value].filter(([pointer]) => pointer === here || pointer.startsWith(`${here}/`));
        return (
          <li key={here} class="panel step-panel" data-testid={`rule${here.replaceAll("/", "-")}`}>
            <div class="row">
              <Icon name={list === "/alarms" ? "bell" : "lock"} />
              <p class="grow sentence"><b>{list === "/alarms" ? alarmSentence(rule, channels) : interlockSentence(rule, channels)}</b>{typeof rule["message"] === "string" && <><br /><span class="muted small">“{rule["message"]}”</span></>}</p>
              <button type="button" class="button" aria-expanded={isOpen} data-testid={`edit${here.replaceAll("/", "-")}`} onClick={() => onOpen(isOpen ? null : here)}>{isOpen ? "Close" : "Edit"}</button>
              <button type="button" class="button quiet" aria-label="Remove this rule" data-testid={`remove${here.replaceAll("/", "-")}`} onClick={() => {
                draft.remove(list, index);
                onOpen(null);
              }}><Icon name="close" /></button>
            </div>
            {!isOpen && faults.map(([pointer, detail]) => <Fault key={pointer} text={detail} />)}
            {isOpen && (list === "/alarms" ? <AlarmFields draft={draft} here={here} channels={channels} /> : <InterlockFields draft={draft} here={here} channels={channels} />)}
          </li>
        );
      })}
    </ul>
  );
}
