// What people say about a roast, and putting it right in place.

import { useSignal } from "@preact/signals";
import { rest, RestError } from "../../link/rest";
import { weight } from "../../model/format";
import { checkProfile, placeFaults, toForm, toNotes, type ProfileFaults, type ProfileForm } from "../../model/profileForm";
import type { ProfileDocument } from "../../wire/types";
import { Trouble } from "../../ui/Banner";
import { Chip } from "../../ui/Chip";
import { ProfileFields } from "../../ui/ProfileFields";
import { Stars } from "../../ui/Stars";

type Props = { document: ProfileDocument; onSaved: (document: ProfileDocument) => void };

export function CardPanel({ document, onSaved }: Props) {
  const isOpen = useSignal(false);
  const fault = useSignal<string | null>(null);
  const keep = () => {
    fault.value = null;
    rest.amendProfile(document.id, {}).then(onSaved, (error: Error) => (fault.value = error.message));
  };
  return (
    <section class="panel card-panel" aria-label="Card" data-testid="card">
      <header class="row">
        <h2 class="grow">Card</h2>
        {!isOpen.value && document.status === "draft" && <button type="button" class="button" data-testid="keep-draft" onClick={keep}>Save as it is</button>}
        {!isOpen.value && <button type="button" class="button" data-testid="edit-card" onClick={() => (isOpen.value = true)}>Edit</button>}
      </header>
      {fault.value !== null && <p class="fault" role="alert">{fault.value}</p>}
      {isOpen.value ? <CardForm document={document} onSaved={onSaved} onClose={() => (isOpen.value = false)} /> : <CardText document={document} />}
    </section>
  );
}

function CardText({ document: d }: { document: ProfileDocument }) {
  const rows: [string, string | undefined][] = [
    ["Bean", d.bean], ["Batch", d.batch], ["Operator", d.operator],
    ["Weight", d.green_weight_g ? `${weight(d.green_weight_g)} → ${weight(d.roasted_weight_g)}` : undefined],
  ];
  const told = rows.filter(([, text]) => text !== undefined && text !== "");
  const isBare = told.length === 0 && !d.notes && d.tags.length === 0 && d.rating === undefined;
  if (isBare) return <p class="muted">Nothing is noted yet.</p>;
  return (
    <>
      <dl class="facts">
        {d.rating !== undefined && <div><dt>Rating</dt><dd><Stars value={d.rating} /></dd></div>}
        {told.map(([name, text]) => <div key={name}><dt>{name}</dt><dd>{text}</dd></div>)}
      </dl>
      {d.tags.length > 0 && <p class="row">{d.tags.map((tag) => <Chip key={tag}>{tag}</Chip>)}</p>}
      {d.notes !== undefined && d.notes !== "" && <p class="notes">{d.notes}</p>}
    </>
  );
}

function CardForm({ document, onSaved, onClose }: Props & { onClose: () => void }) {
  const form = useSignal<ProfileForm>(toForm(document));
  const faults = useSignal<ProfileFaults>({});
  const busy = useSignal(false);
  const save = async (event: Event) => {
    event.preventDefault();
    faults.value = form.peek().name.trim() === "" ? { name: "A roast needs a name" } : checkProfile(form.peek());
    if (Object.keys(faults.peek()).length > 0) return;
    busy.value = true;
    try {
      onSaved(await rest.amendProfile(document.id, toNotes(form.peek(), toForm(document))));
      onClose();
    } catch (error) {
      faults.value = placeFaults(error instanceof RestError ? error.fields : [], (error as Error).message);
    } finally {
      busy.value = false;
    }
  };
  return (
    <form class="dialog-form" noValidate onSubmit={(event) => void save(event)}>
      <ProfileFields form={form.value} faults={faults.value} onChange={(part) => (form.value = { ...form.peek(), ...part })} />
      <Trouble>{faults.value.form}</Trouble>
      <p class="row">
        <button type="submit" class="button primary" disabled={busy.value} data-testid="save-card">Save</button>
        <button type="button" class="button" onClick={onClose}>Cancel</button>
      </p>
    </form>
  );
}
