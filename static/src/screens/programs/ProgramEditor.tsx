// Writes a program: its steps as rows that can be added, moved and removed, with every fault at its row.

import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { messageOf, rest, RestError } from "../../link/rest";
import { slug } from "../../model/draft";
import { emptyStep, KINDS, moved, NO_FAULTS, placeFaults, toDocument, toForm, type ProgramFaults, type ProgramForm, type StepChannel, type StepForm, type StepKind } from "../../model/programForm";
import type { ProgramView } from "../../wire/types";
import { Trouble } from "../../ui/Banner";
import { Chip } from "../../ui/Chip";
import { Field } from "../../ui/Field";
import { useHouse } from "../../ui/house";
import { Icon } from "../../ui/Icon";
import { go, link } from "../../ui/router";
import { StepRow } from "./StepRow";

type Props = { machineId: string; stored: ProgramView | null; channels: readonly StepChannel[] };

/** What was typed and not saved, by machine and program: a glance at the cockpit must not cost it. */
const drafts = new Map<string, ProgramForm>();

/** The first id that nobody has: the name as a slug, with a number where there is one already. */
async function freeId(name: string): Promise<string> {
  const taken = new Set((await rest.allPrograms()).map((program) => program.id));
  const base = slug(name).slice(0, 60) || "program";
  let id = base;
  for (let count = 2; taken.has(id); count += 1) id = `${base}-${count}`;
  return id;
}

export function ProgramEditor({ machineId, stored, channels }: Props) {
  const house = useHouse();
  const place = `${machineId}/${stored?.id ?? "+"}`;
  const fresh = () => (stored === null ? { name: "", steps: [emptyStep(0, "set", channels)] } : toForm(stored, channels));
  const form = useSignal<ProgramForm>(drafts.get(place) ?? fresh());
  const nextKey = useRef(Math.max(0, ...form.peek().steps.map((step) => step.key)) + 1);
  const faults = useSignal<ProgramFaults>(NO_FAULTS);
  const isChanged = useSignal(drafts.has(place));
  const isRemoving = useSignal(false);
  const busy = useSignal(false);
  const change = (next: Partial<ProgramForm>) => {
    form.value = { ...form.peek(), ...next };
    isChanged.value = true;
    drafts.set(place, form.peek());
  };
  const settle = () => {
    isChanged.value = false;
    drafts.delete(place);
  };
  const discard = () => {
    form.value = fresh();
    faults.value = NO_FAULTS;
    settle();
  };
  const steps = form.value.steps;
  const edit = (key: number, part: Partial<StepForm>) => {
    change({ steps: form.peek().steps.map((step) => (step.key === key ? { ...step, ...part } : step)) });
    const rows = { ...faults.peek().rows };
    delete rows[key];
    faults.value = { ...faults.peek(), rows };
  };
  const add = (kind: StepKind) => {
    change({ steps: [...form.peek().steps, emptyStep(nextKey.current, kind, channels)] });
    nextKey.current += 1;
  };
  const refused = (error: unknown, sent: ProgramForm) => {
    const fields = error instanceof RestError ? error.fields : [];
    faults.value = fields.length > 0 ? placeFaults(fields, sent.steps.map((step) => step.key)) : { form: [messageOf(error)], rows: {} };
  };
  const act = async (work: () => Promise<void>) => {
    busy.value = true;
    faults.value = NO_FAULTS;
    const sent = form.peek();
    try {
      await work();
    } catch (error) {
      refused(error, sent);
    } finally {
      busy.value = false;
    }
  };
  const save = () => act(async () => {
    const sent = form.peek();
    if (sent.name.trim() === "") {
      faults.value = { ...NO_FAULTS, name: "Give the program a name" };
      return;
    }
    const id = stored?.id ?? (await freeId(sent.name));
    await rest.putProgram(id, toDocument(sent, machineId));
    if (form.peek() === sent) settle();
    if (stored === null) go(link.program(machineId, id));
  });
  const start = (id: string) => act(async () => {
    await rest.startProgram(id, { clientId: house.clientId });
    go(link.machine(machineId));
  });
  const remove = (id: string) => act(async () => {
    await rest.deleteProgram(id);
    go(link.programs(machineId));
  });
  const count = Object.keys(faults.value.rows).length;
  return (
    <main class="page" data-testid="program-editor">
      <header class="page-head">
        <a class="button quiet" href={link.programs(machineId)} aria-label="All programs"><Icon name="back" /></a>
        <h1 class="grow">{stored === null ? "New program" : stored.name ?? stored.id}</h1>
        {isChanged.value ? <Chip icon="info" testId="program-state" code="changed">not saved</Chip> : stored !== null && <Chip icon="check" testId="program-state" code="saved">saved</Chip>}
        <button type="button" class="button primary" disabled={busy.value || !isChanged.value} data-testid="save-program" onClick={() => void save()}>Save</button>
        {isChanged.value && <button type="button" class="button" disabled={busy.value} data-testid="discard" onClick={discard}>Discard</button>}
        {stored !== null && <button type="button" class="button" disabled={busy.value || isChanged.value} title={isChanged.value ? "Save it first" : ""} data-testid="start-program" onClick={() => void start(stored.id)}><Icon name="play" /> Start</button>}
        {stored !== null && <button type="button" class="button" disabled={busy.value} data-testid="remove-program" onClick={() => (isRemoving.value ? void remove(stored.id) : (isRemoving.value = true))}>{isRemoving.value ? "Really delete" : "Delete"}</button>}
      </header>
      <div class="form narrow-page">
        {(count > 0 || faults.value.form.length > 0) && (
          <Trouble testId="program-faults">
            {faults.value.form.join(". ")} {count > 0 && `${count} ${count === 1 ? "step needs" : "steps need"} another look.`}
          </Trouble>
        )}
        <Field label="Name" value={form.value.name} fault={faults.value.name} testId="program-name" onInput={(name) => change({ name })} />
        <ol class="form" aria-label="Steps">
          {steps.map((step, index) => (
            <StepRow
              key={step.key} step={step} index={index} count={steps.length} channels={channels} faults={faults.value.rows[step.key] ?? {}}
              onEdit={(part) => edit(step.key, part)} onMove={(by) => change({ steps: moved(steps, index, by) })}
              onRemove={() => change({ steps: steps.filter((other) => other.key !== step.key) })}
            />
          ))}
        </ol>
        {steps.length === 0 && <p class="muted">A program needs at least one step.</p>}
        <div class="row" role="group" aria-label="Add a step">
          {KINDS.map(([kind, words]) => <button type="button" key={kind} class="button large" data-testid={`add-${kind}`} onClick={() => add(kind)}><Icon name="plus" /> {words}</button>)}
        </div>
      </div>
    </main>
  );
}
