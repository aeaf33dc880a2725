// The events of a saved roast: read, or put right with the curve as the preview.

import type { Signal } from "@preact/signals";
import { rest } from "../../link/rest";
import { corrections, isSameMarks } from "../../model/markEdit";
import type { Marks } from "../../model/marks";
import { marksIn } from "../../model/profileForm";
import { temperaturesAt, type LoadedProfile } from "../../store/reference";
import type { EventType, ProfileDocument } from "../../wire/types";
import { Trouble } from "../../ui/Banner";
import { MarkEditor } from "../../ui/MarkEditor";
import { useWork } from "../../ui/work";
import { EventTable } from "./EventTable";

type Props = {
  loaded: LoadedProfile;
  /** The events as they would be; null while nothing is being put right. */
  draft: Signal<Marks | null>;
  picking: Signal<EventType | null>;
  onSaved: (document: ProfileDocument) => void;
};

export function EventsPanel({ loaded, draft, picking, onSaved }: Props) {
  const { busy, fault, run } = useWork();
  const { document, series } = loaded;
  const marks = marksIn(document.events);
  const close = () => {
    draft.value = picking.value = null;
    fault.value = undefined;
  };
  const save = async () => {
    onSaved(await rest.amendProfile(document.id, { events: corrections(draft.peek() ?? marks) }));
    close();
  };
  const edited = draft.value;
  return (
    <section class="panel card-panel" aria-label="Events">
      <header class="row">
        <h2 class="grow">Events</h2>
        {edited === null && <button type="button" class="button" data-testid="edit-events" onClick={() => (draft.value = marks)}>Correct</button>}
      </header>
      {edited === null ? <EventTable marks={marks} /> : (
        <>
          <MarkEditor marks={edited} span={[0, document.duration_ms]} lookUp={(ms) => temperaturesAt(series, ms)} onChange={(next) => (draft.value = next)} picking={picking.value} onPick={(type) => (picking.value = type)} />
          <Trouble>{fault.value}</Trouble>
          <p class="row">
            <button type="button" class="button primary" disabled={busy.value || isSameMarks(marks, edited)} data-testid="save-events" onClick={() => void run(save)}>Save events</button>
            <button type="button" class="button" onClick={close}>Cancel</button>
            <span class="small muted">{isSameMarks(marks, edited) ? "Nothing is changed yet." : "The figures follow when it is saved."}</span>
          </p>
        </>
      )}
    </section>
  );
}
