// What the list of profiles is narrowed by.

import type { ComponentChildren } from "preact";
import type { ProfileFilter } from "../../model/profileFilter";
import { useHouse } from "../../ui/house";

export function FilterBar({ filter, onChange }: { filter: ProfileFilter; onChange: (part: Partial<ProfileFilter>) => void }) {
  const house = useHouse();
  return (
    <search class="filters">
      <Labelled id="profile-search" text="Search">
        <input id="profile-search" type="search" placeholder="Name, bean, batch, tag, notes" value={filter.text} onInput={(event) => onChange({ text: event.currentTarget.value })} data-testid="profile-search" />
      </Labelled>
      <Labelled id="profile-machine" text="Machine">
        <select id="profile-machine" value={filter.machine} onChange={(event) => onChange({ machine: event.currentTarget.value })} data-testid="profile-machine">
          <option value="">All machines</option>
          {house.items.value.map((item) => <option key={item.id} value={item.id}>{item.name}</option>)}
        </select>
      </Labelled>
      <Labelled id="profile-from" text="From">
        <input id="profile-from" type="date" max={filter.to} value={filter.from} onChange={(event) => onChange({ from: event.currentTarget.value })} data-testid="profile-from" />
      </Labelled>
      <Labelled id="profile-to" text="To">
        <input id="profile-to" type="date" min={filter.from} value={filter.to} onChange={(event) => onChange({ to: event.currentTarget.value })} data-testid="profile-to" />
      </Labelled>
    </search>
  );
}

function Labelled({ id, text, children }: { id: string; text: string; children: ComponentChildren }) {
  return <div class="field"><label for={id}>{text}</label>{children}</div>;
}
