// Somebody or something that is let in, in a line.

import type { ComponentChildren } from "preact";
import { Chip } from "../../ui/Chip";
import type { UserRole } from "../../wire/types";

/** `children`: what can be done about it. */
type Props = { name: string; about: ComponentChildren; role: UserRole; testId: string; children: ComponentChildren };

export function Row({ name, about, role, testId, children }: Props) {
  return (
    <li class="panel alarm-row" data-testid={testId}>
      <div class="grow wrap"><b>{name}</b><p class="small muted">{about}</p></div>
      <Chip code={role}>{role}</Chip>
      {children}
    </li>
  );
}
