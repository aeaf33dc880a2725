// Bringing files in: chosen or dropped anywhere on the page, one after the other, each with what became of it.

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { rest, RestError } from "../../link/rest";
import type { ProfileSummary } from "../../wire/types";
import { Dialog } from "../../ui/Dialog";
import { Icon } from "../../ui/Icon";
import { link } from "../../ui/router";

type Outcome = { file: string } & ({ kind: "waiting" } | { kind: "taken"; profile: ProfileSummary } | { kind: "refused"; words: string[] });

const FAULTS_SHOWN = 3;

function words(error: unknown): string[] {
  if (!(error instanceof RestError)) return ["The browser could not read this file."];
  if (error.fields.length === 0) return [error.message];
  const told = error.fields.slice(0, FAULTS_SHOWN).map(({ pointer, detail }) => `${pointer === "" ? "The file" : pointer} ${detail}`);
  return error.fields.length > FAULTS_SHOWN ? [...told, `and ${error.fields.length - FAULTS_SHOWN} more`] : told;
}

export function Importer({ onTaken }: { onTaken: () => void }) {
  const isOpen = useSignal(false);
  const isOver = useSignal(false);
  const outcomes = useSignal<Outcome[]>([]);
  const picker = useRef<HTMLInputElement>(null);
  const settle = (at: number, outcome: Outcome) => (outcomes.value = outcomes.peek().map((other, index) => (index === at ? outcome : other)));
  const take = async (files: File[]) => {
    isOpen.value = true;
    const first = outcomes.peek().length;
    outcomes.value = [...outcomes.peek(), ...files.map((file): Outcome => ({ file: file.name, kind: "waiting" }))];
    for (const [index, file] of files.entries()) {
      try {
        const profile = await rest.importProfile(new Blob([await file.arrayBuffer()]));
        settle(first + index, { file: file.name, kind: "taken", profile });
      } catch (error) {
        settle(first + index, { file: file.name, kind: "refused", words: words(error) });
      }
    }
    onTaken();
  };
  useDrop((files) => void take(files), (over) => (isOver.value = over));
  return (
    <>
      <button type="button" class="button" data-testid="import" onClick={() => (isOpen.value = true)}>Import</button>
      {isOver.value && <p class="drop-hint panel" role="status">Drop files here to import them</p>}
      {isOpen.value && (
        <Dialog title="Import profiles" onClose={() => (isOpen.value = false)} testId="importer">
          <p class="drop-zone">
            <span>Drop files here: JSON, CSV or .alog</span>
            <button type="button" class="button primary" onClick={() => picker.current?.click()}>Choose files</button>
            <input ref={picker} class="visually-hidden" type="file" multiple accept=".json,.csv,.alog,.txt,.tsv" aria-label="Files to import" tabIndex={-1} data-testid="import-files" onChange={(event) => {
              const files = [...(event.currentTarget.files ?? [])];
              event.currentTarget.value = "";
              if (files.length > 0) void take(files);
            }} />
          </p>
          <ul class="outcomes" aria-live="polite">
            {outcomes.value.map((outcome, index) => <OutcomeRow key={index} outcome={outcome} />)}
          </ul>
        </Dialog>
      )}
    </>
  );
}

function OutcomeRow({ outcome }: { outcome: Outcome }) {
  const icon = { waiting: "clock", taken: "check", refused: "triangle" } as const;
  return (
    <li data-testid="import-outcome" data-outcome={outcome.kind}>
      <Icon name={icon[outcome.kind]} />
      <div class="grow">
        <b>{outcome.file}</b>
        {outcome.kind === "waiting" && <p class="muted">Reading…</p>}
        {outcome.kind === "taken" && <p>Imported as <a href={link.profile(outcome.profile.id)}>{outcome.profile.name}</a></p>}
        {outcome.kind === "refused" && <><p>Not imported:</p>{outcome.words.map((text) => <p key={text}>{text}</p>)}</>}
      </div>
    </li>
  );
}

/** Files dropped anywhere on the page while the caller is on screen. */
function useDrop(onFiles: (files: File[]) => void, onOver: (isOver: boolean) => void): void {
  const latest = useRef({ onFiles, onOver });
  latest.current = { onFiles, onOver };
  useEffect(() => {
    const over = (event: DragEvent) => {
      if (event.dataTransfer?.types.includes("Files") !== true) return;
      event.preventDefault();
      latest.current.onOver(true);
    };
    const leave = (event: DragEvent) => {
      if (event.relatedTarget === null) latest.current.onOver(false);
    };
    const drop = (event: DragEvent) => {
      const files = [...(event.dataTransfer?.files ?? [])];
      latest.current.onOver(false);
      if (files.length === 0) return;
      event.preventDefault();
      latest.current.onFiles(files);
    };
    addEventListener("dragover", over);
    addEventListener("dragleave", leave);
    addEventListener("drop", drop);
    return () => {
      removeEventListener("dragover", over);
      removeEventListener("dragleave", leave);
      removeEventListener("drop", drop);
    };
  }, []);
}
