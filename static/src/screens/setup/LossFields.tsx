// Without what the heat goes off by itself, and after how long.

import { at } from "../../model/draft";
import { channelsOf } from "../../model/machineDraft";
import type { Draft } from "../../store/draft";
import { DraftField } from "../../ui/DraftField";

export function LossFields({ draft }: { draft: Draft }) {
  const doc = draft.doc.value;
  const heats = channelsOf(doc, "control").some((index) => at(doc, `/channels/${index}/class`) === "heat");
  // What stands there is shown whatever heats; a simulator has its own controls.
  if (!heats && at(doc, "/safety") === undefined && at(doc, "/driver/type") !== "simulator") return null;
  const isAlone = at(doc, "/kind") !== "roaster" || at(doc, "/driver/type") === "simulator";
  return (
    <section class="panel" aria-label="Losses">
      <h2>When something is lost, heat goes off</h2>
      <div class="form-grid">
        <DraftField draft={draft} pointer="/safety/on_sensor_loss_ms" label="Without a reading for, s" kind="seconds" hint="of BT or ET; three readings where empty, at least 3 s" />
        <DraftField draft={draft} pointer="/safety/operator_loss_ms" label="With nobody here for, s" kind="seconds" hint={`${isAlone ? "never" : "120"} where empty; 0 for never`} />
      </div>
    </section>
  );
}
