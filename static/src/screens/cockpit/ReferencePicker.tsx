// Choosing a saved roast to compare with, and taking its curve off the chart for a moment.

import { useSignal } from "@preact/signals";
import { rest } from "../../link/rest";
import { moment } from "../../model/format";
import type { ReferenceStore } from "../../store/reference";
import type { ProfileSummary } from "../../wire/types";

const SHOWN = 30;

export function ReferencePicker({ machineId, reference }: { machineId: string; reference: ReferenceStore }) {
  const items = useSignal<ProfileSummary[]>([]);
  const held = reference.profile.value?.document;
  const isListed = held === undefined || items.value.some((item) => item.id === held.id);
  const load = () => {
    rest.profiles({ machine_id: machineId, limit: SHOWN }).then((page) => (items.value = page.items), () => undefined);
  };
  const isChosen = reference.profile.value !== null;
  return (
    <>
    <label class="field">
      <span class="visually-hidden">Reference</span>
      <select data-testid="reference" onFocus={load} onPointerDown={load} value={held?.id ?? ""} onChange={(event) => void reference.choose(event.currentTarget.value || null)}>
        <option value="">No reference</option>
        {!isListed && <option value={held.id}>{held.name}</option>}
        {items.value.map((item) => (
          <option key={item.id} value={item.id}>
            {item.name} · {moment(item.created_at)}
          </option>
        ))}
      </select>
    </label>
    {isChosen && (
      <button type="button" class="button" aria-pressed={reference.shown.value} data-testid="overlay" title="Show or hide the reference (B)" onClick={() => (reference.shown.value = !reference.shown.peek())}>
        Reference
      </button>
    )}
    {reference.error.value !== null && <span class="fault" role="alert">{reference.error.value}</span>}
    </>
  );
}
