// What somebody or a program may do, and with which machines.

import { ROLES } from "../../model/people";
import { Fault, Field } from "../../ui/Field";
import type { Form } from "../../ui/form";
import { useHouse } from "../../ui/house";
import type { UserRole } from "../../wire/types";

/** What is chosen; `null` is all machines, those of tomorrow as well. */
export type Chosen = { role: UserRole; machines: string[] | null };

type Props = { form: Pick<Form<Chosen>, "typed" | "change" | "at" | "faultAt">; roles?: readonly UserRole[] };

export function RightsFields({ form, roles }: Props) {
  const { items } = useHouse();
  const { machines } = form.typed.value;
  const choose = (chosen: string[] | null) => form.change({ machines: chosen });
  const known = items.value.map(({ id, name }) => [id, name] as const);
  // A machine that was removed may still be named.
  const gone = (machines ?? []).filter((id) => !known.some(([one]) => one === id)).map((id) => [id, id] as const);
  return (
    <>
      <Field label="Role" choices={ROLES.filter(([one]) => roles?.includes(one) ?? true)} {...form.at("role")} testId="role" />
      <div class="field" role="group" aria-label="Machines">
        <span class="label">Machines</span>
        <div class="row">
          <button type="button" class="button" aria-pressed={machines === null} data-testid="machines-all" onClick={() => choose(machines === null ? [] : null)}>All</button>
          {[...known, ...gone].map(([id, name]) => <button type="button" key={id} class="button" aria-pressed={machines?.includes(id) ?? false} data-testid={`machines-${id}`} onClick={() => choose(machines?.includes(id) ? machines.filter((one) => one !== id) : [...(machines ?? []), id])}>{name}</button>)}
        </div>
        <Fault text={form.faultAt("/machines")} />
      </div>
    </>
  );
}
