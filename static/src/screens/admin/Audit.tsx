// Who did what, newest first.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { rest } from "../../link/rest";
import { moment } from "../../model/format";
import { deedWords } from "../../model/people";
import { Trouble } from "../../ui/Banner";
import { Chip } from "../../ui/Chip";
import { Fetching } from "../../ui/Fetching";
import { Field } from "../../ui/Field";
import { useHouse } from "../../ui/house";
import { useFetched } from "../../ui/useFetched";
import { useWork } from "../../ui/work";
import type { DeedView } from "../../wire/types";

/** Deeds in one answer. */
const PAGE = 100;

export function Audit() {
  const house = useHouse();
  const wanted = useSignal({ machine: "", who: "" });
  const older = useSignal<DeedView[]>([]);
  const hasMore = useSignal(true);
  const { busy, fault, run } = useWork();
  const { machine, who } = wanted.value;
  const newest = useFetched(() => rest.deeds(wanted.peek()), [machine, who]);
  useEffect(() => {
    older.value = [];
    hasMore.value = newest.value?.length === PAGE;
  }, [newest.value]);
  const deeds = [...(newest.value ?? []), ...older.value];
  const more = async () => {
    const asked = wanted.peek();
    const found = await rest.deeds({ ...asked, before: deeds.at(-1)?.id });
    if (asked !== wanted.peek()) return;
    older.value = [...older.peek(), ...found];
    hasMore.value = found.length === PAGE;
  };
  const narrow = (part: Partial<typeof wanted.value>) => (wanted.value = { ...wanted.peek(), ...part });
  const machines = [["", "all"] as const, ...house.items.value.map(({ id, name }) => [id, name] as const)];
  return (
    <>
      <div class="row intro filters">
        <Field label="Machine" choices={machines} value={machine} testId="audit-machine" onInput={(chosen) => narrow({ machine: chosen })} />
        <Field label="Person or token" value={who} testId="audit-who" onInput={(typed) => narrow({ who: typed })} />
        <button type="button" class="button" data-testid="audit-again" onClick={newest.again}>Look again</button>
      </div>
      <Fetching of={newest} what="what was done" />
      <ul class="deeds" data-testid="deeds">
        {deeds.map((deed) => <Deed key={deed.id} deed={deed} machine={deed.machine === null ? "" : house.nameOf(deed.machine)} />)}
      </ul>
      {newest.value !== null && deeds.length === 0 && <section class="panel empty"><h2>Nothing was done</h2><p>Orders, changes, logins and what was refused stand here.</p></section>}
      <Trouble>{fault.value}</Trouble>
      {deeds.length > 0 && hasMore.value && <button type="button" class="button" disabled={busy.value} data-testid="audit-more" onClick={() => void run(more)}>Load more</button>}
    </>
  );
}

function Deed({ deed, machine }: { deed: DeedView; machine: string }) {
  return (
    <li>
      <span class="small muted">{moment(deed.at)}</span>
      <span class="wrap">{deed.who}<span class="small muted"> {deed.address}</span></span>
      <span class="wrap">
        {machine !== "" && <b>{machine} </b>}{deedWords(deed)}
        {deed.result !== "done" && <> <Chip icon="slash" tone="warning">{deed.result}</Chip></>}
        {deed.times !== null && <b> {deed.times} more</b>}
        {deed.lost !== null && <> <Chip icon="triangle" tone="warning">{deed.lost} before this could not be written</Chip></>}
      </span>
    </li>
  );
}
