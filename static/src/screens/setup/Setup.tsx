// Setting a machine up, step by step; one that is there already is edited in the same steps.

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { rest, RestError } from "../../link/rest";
import { at } from "../../model/draft";
import { BLANK, byPointer, check, complete, driverOf, stepOf, STEPS, STEP_NAMES, tested, type Step } from "../../model/machineDraft";
import { placeName } from "../../model/placeName";
import { draftOf, type Draft } from "../../store/draft";
import { Trouble } from "../../ui/Banner";
import { LeftOver } from "../../ui/LeftOver";
import { FaultSummary } from "../../ui/FaultSummary";
import { Icon } from "../../ui/Icon";
import { Loading } from "../../ui/Loading";
import { OnlyLooking } from "../../ui/OnlyLooking";
import { useHouse } from "../../ui/house";
import { go, link } from "../../ui/router";
import type { ProbeView } from "../../wire/types";
import { ChannelsStep } from "./ChannelsStep";
import { DetectionStep } from "./DetectionStep";
import { KindStep } from "./KindStep";
import { LinkStep } from "./LinkStep";
import { LossFields } from "./LossFields";
import { MachineActions } from "./MachineActions";
import { TestStep } from "./TestStep";

/** The last look at the machine: what it was about, and what came of it. */
type Look = { about: string; view: ProbeView };

/** What a step works with. */
export type StepProps = {
  draft: Draft;
  /** The last look at every value, if it was at what stands there now. */
  look: ProbeView | null;
  /** The last look at the link alone, likewise. */
  linkLook: ProbeView | null;
  isLooking: boolean;
  onLook: (what: "link" | "all") => void;
};

type Load = { kind: "loading" } | { kind: "ready" } | { kind: "failed"; error: string; isGone: boolean };

export function Setup({ id }: { id: string | null }) {
  const house = useHouse();
  const draft = useMemo(() => draftOf(id), [id]);
  const loading = useSignal<Load>({ kind: "loading" });
  const step = useSignal<Step>("kind");
  const attempt = useSignal(0);
  const look = useSignal<Look | null>(null);
  const linkLook = useSignal<Look | null>(null);
  const busy = useSignal<"" | "looking" | "saving">("");
  const said = useSignal("");
  const isLeft = useSignal(false);
  const load = () => {
    isLeft.value = draft.isChanged.peek();
    if (id === null && !isLeft.peek()) draft.begin(BLANK);
    if (id === null || isLeft.peek()) {
      loading.value = { kind: "ready" };
      return;
    }
    rest.machineDocument(id).then(
      (doc) => {
        draft.load(doc);
        loading.value = { kind: "ready" };
      },
      (error: RestError) => (loading.value = { kind: "failed", error: error.message, isGone: error.status === 404 }),
    );
  };
  useEffect(load, [id]);
  useEffect(() => {
    document.querySelector("main")?.scrollTo(0, 0);
    document.querySelector("[aria-current=step]")?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [step.value]);

  const refuse = (error: unknown) => {
    const refusal = error instanceof RestError ? error : new RestError(0, "", String(error));
    const place = refusal.code === "MACHINE_EXISTS" ? "/id" : "";
    draft.faults.value = refusal.fields.length > 0 ? byPointer(refusal.fields) : new Map([[place, refusal.message]]);
    attempt.value += 1;
  };
  /** Whether nothing is wrong in these steps that can be seen here. */
  const isSound = (steps: readonly Step[] = STEPS): boolean => {
    const doc = draft.doc.peek();
    const found = [...check(doc)].filter(([pointer]) => steps.includes(stepOf(doc, pointer) ?? "kind"));
    draft.faults.value = new Map(found);
    if (found.length > 0) attempt.value += 1;
    return found.length === 0;
  };
  const lookNow = async (what: "link" | "all") => {
    said.value = "";
    // A look needs no name yet.
    if (!isSound(what === "link" ? ["link"] : STEPS.slice(1))) return;
    const doc = draft.doc.peek();
    busy.value = "looking";
    try {
      if (what === "link") linkLook.value = { about: JSON.stringify(doc["driver"]), view: await rest.probe({ driver: doc["driver"] }) };
      else look.value = { about: tested(doc), view: await rest.probe({ ...complete(doc), id: undefined, name: undefined }) };
    } catch (error) {
      refuse(error);
    } finally {
      busy.value = "";
    }
  };
  const save = async () => {
    said.value = "";
    if (!isSound()) return;
    const doc = complete(draft.doc.peek());
    busy.value = "saving";
    try {
      if (id === null) {
        await rest.addMachine(doc);
        draft.begin(BLANK);
        await house.refresh();
        go(link.machine(String(doc["id"])));
        return;
      }
      const kept = await rest.replaceMachine(id, doc);
      draft.load(kept);
      house.get(id).config.value = kept;
      said.value = "Saved.";
      await house.refresh();
    } catch (error) {
      refuse(error);
    } finally {
      busy.value = "";
    }
  };
  const doc = draft.doc.value;
  if (loading.value.kind !== "ready") return <Frame title="Set up" id={id}><Waiting loading={loading.value} onRetry={load} /></Frame>;
  const fresh = look.value !== null && look.value.about === tested(doc) ? look.value.view : null;
  const isTested = fresh !== null && fresh.reached && fresh.values.every((value) => value.fault === null);
  const freshLink = linkLook.value !== null && linkLook.value.about === JSON.stringify(doc["driver"]) ? linkLook.value.view : null;
  const props: StepProps = { draft, look: fresh, linkLook: freshLink, isLooking: busy.value === "looking", onLook: (what) => void lookNow(what) };
  const index = STEPS.indexOf(step.value);
  const needsTest = driverOf(doc) !== "push" && driverOf(doc) !== "simulator";
  const to = (next: Step | undefined) => {
    if (next !== undefined) step.value = next;
  };
  return (
    <Frame title={id === null ? "Add a machine" : `Set up ${String(at(draft.kept.value, "/name") ?? id)}`} id={id}>
      <ol class="steps" aria-label="Steps">
        {STEPS.map((name, place) => (
          <li key={name}>
            <button type="button" class="button" aria-current={step.value === name ? "step" : undefined} data-testid={`step-${name}`} onClick={() => to(name)}>
              {place + 1} {STEP_NAMES[name]}{[...draft.faults.value.keys()].some((pointer) => stepOf(doc, pointer) === name) && <Icon name="triangle" />}
            </button>
          </li>
        ))}
      </ol>
      {isLeft.value && draft.isChanged.value && <LeftOver draft={draft} />}
      <FaultSummary
        faults={draft.faults.value} attempt={attempt.value} nameOf={(pointer) => placeName(doc, pointer)}
        show={(pointer) => {
          const where = stepOf(doc, pointer);
          if (where === null && id !== null) go(link.alarms(id));
          else to(where ?? undefined);
        }}
      />
      <form class="setup-form" noValidate onSubmit={(event) => {
        event.preventDefault();
        if (isSound([step.value])) to(STEPS[index + 1]);
      }}>
        <ShownStep step={step.value} isNew={id === null} {...props} />
        <footer class="setup-foot">
          <button type="button" class="button" disabled={index === 0} data-testid="step-back" onClick={() => to(STEPS[index - 1])}>Back</button>
          {index < STEPS.length - 1 && <button type="submit" class={`button ${id === null ? "primary" : ""}`} data-testid="step-next">Next</button>}
          <span class="grow" role="status" data-testid="saved">{said.value}</span>
          {id !== null && draft.opensAnew.value && <span class="muted small">Saving starts the machine afresh; its outputs go to safe first.</span>}
          <button type="button" class={`button ${id !== null || index === STEPS.length - 1 ? "primary" : ""}`} disabled={busy.value !== "" || (id !== null && !draft.isChanged.value)} data-testid="save-machine" onClick={() => void save()}>
            {busy.value === "saving" ? "Saving…" : isTested || !needsTest || (id !== null && !draft.isChanged.value) ? "Save" : "Save untested"}
          </button>
        </footer>
      </form>
      {id !== null && <MachineActions id={id} name={String(at(draft.kept.value, "/name") ?? id)} />}
    </Frame>
  );
}

function ShownStep({ step, isNew, ...props }: StepProps & { step: Step; isNew: boolean }) {
  switch (step) {
    case "kind":
      return <KindStep draft={props.draft} isNew={isNew} />;
    case "link":
      return <LinkStep {...props} />;
    case "channels":
      return <ChannelsStep kind="sensor" {...props} />;
    case "controls":
      return <><ChannelsStep kind="control" {...props} /><LossFields draft={props.draft} /></>;
    case "detection":
      return <DetectionStep draft={props.draft} />;
    case "test":
      return <TestStep {...props} />;
  }
}

function Frame({ title, id, children }: { title: string; id: string | null; children: ComponentChildren }) {
  return (
    <main class="page" data-testid="setup">
      <header class="page-head">
        <a class="button quiet" href={id === null ? link.wall() : link.machine(id)} aria-label="Back"><Icon name="back" /></a>
        <h1>{title}</h1>
        <span class="grow" />
        {id !== null && <a class="button" href={link.alarms(id)}><Icon name="bell" /> Alarms and interlocks</a>}
      </header>
      <OnlyLooking />
      {children}
    </main>
  );
}

function Waiting({ loading, onRetry }: { loading: Load; onRetry: () => void }) {
  if (loading.kind !== "failed") return <Loading what="the machine" />;
  return (
    <Trouble testId="setup-failed" {...(loading.isGone ? { actions: <a class="button" href={link.wall()}>All machines</a> } : { onRetry })}>
      {loading.error}
    </Trouble>
  );
}
