// What can be done with the roasts that are ticked.

import { rest } from "../../link/rest";
import { trash } from "../../store/trash";
import type { ProfileSummary } from "../../wire/types";
import { COMPARED_MAX, link } from "../../ui/router";

/** Formats a profile is exported in, and what they are called. */
export const FORMATS = [["json", "JSON"], ["csv", "CSV"], ["alog", ".alog"]] as const;

export function TickedBar({ chosen, onClear }: { chosen: readonly ProfileSummary[]; onClear: () => void }) {
  const canCompare = chosen.length >= 2 && chosen.length <= COMPARED_MAX;
  const discard = () => {
    trash.put(chosen.map(({ id, name }) => ({ id, name })));
    onClear();
  };
  return (
    <section class="ticked panel" aria-label="Ticked profiles" data-testid="ticked">
      <b role="status">{chosen.length} ticked</b>
      {canCompare ? <a class="button primary" data-testid="compare" href={link.compare(chosen.map((item) => item.id))}>Compare {chosen.length}</a>
        : <span class="small muted">{chosen.length < 2 ? "Tick one more to compare." : `At most ${COMPARED_MAX} can be compared.`}</span>}
      {canCompare && <span class="small muted">measured by {chosen[0]?.name}</span>}
      {chosen.length === 1 && FORMATS.map(([format, name]) => <a key={format} class="button" href={rest.exportUrl(chosen[0]?.id ?? "", format)} download>Export {name}</a>)}
      <span class="grow" />
      <button type="button" class="button" data-testid="delete" onClick={discard}>Delete</button>
      <button type="button" class="button quiet" onClick={onClear}>Untick</button>
    </section>
  );
}
