// A state in a word and a shape.

import type { ComponentChildren } from "preact";
import { Icon, type IconName } from "./Icon";

type Props = { icon?: IconName; tone?: string; children: ComponentChildren; testId?: string; code?: string };

/** A small label; `tone` colours it only where something is wrong. */
export function Chip({ icon, tone = "plain", children, testId, code }: Props) {
  return (
    <span class={`chip ${tone}`} data-testid={testId} data-state={code}>
      {icon !== undefined && <Icon name={icon} />}
      <span>{children}</span>
    </span>
  );
}
