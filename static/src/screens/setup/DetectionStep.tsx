// Which marks are found by themselves.

import { at } from "../../model/draft";
import type { Draft } from "../../store/draft";
import { DraftField, DraftFlag } from "../../ui/DraftField";

export function DetectionStep({ draft }: { draft: Draft }) {
  const isRoaster = at(draft.doc.value, "/kind") === "roaster";
  return (
    <section class="panel step-panel" aria-label="Detection">
      {isRoaster ? (
        <div class="form-grid">
          <DraftFlag draft={draft} pointer="/detection/charge" label="Find CHARGE" hint="by the fall of BT" usual />
          <DraftFlag draft={draft} pointer="/detection/drop" label="Find DROP" hint="by the fall of BT" usual />
          <DraftFlag draft={draft} pointer="/detection/turning_point" label="Find the turning point" usual />
          <DraftField draft={draft} pointer="/detection/dry_end_bt" label="DRY END at BT, °C" kind="limit" hint="150 where empty; off for none" />
          <DraftField draft={draft} pointer="/detection/first_crack_bt" label="First crack at BT, °C" kind="limit" hint="none where empty" />
        </div>
      ) : <p>Marks are found on roasters only.</p>}
    </section>
  );
}
