// A message that wants to be seen, in a place that is always kept for it.

import type { ComponentChildren } from "preact";
import { Icon, type IconName } from "./Icon";
import type { Tone } from "../store/status";

type Props = { icon: IconName; tone?: Tone; urgent?: boolean; blink?: boolean; children: ComponentChildren; actions?: ComponentChildren; testId?: string };

/** A banner. `urgent` ones interrupt a screen reader, the others wait. */
export function Banner({ icon, tone = "plain", urgent = false, blink = false, children, actions, testId }: Props) {
  return (
    <div class={`banner ${tone}`} role={urgent ? "alert" : "status"} data-testid={testId}>
      <span class={blink ? "blink" : ""}>
        <Icon name={icon} />
      </span>
      <p>{children}</p>
      {actions}
    </div>
  );
}

type TroubleProps = { children: ComponentChildren; testId?: string; actions?: ComponentChildren; onRetry?: () => void };

/** What failed, with what a person can do about it. Nothing while nothing did. */
export function Trouble({ children, testId, actions, onRetry }: TroubleProps) {
  if (children === null || children === undefined) return null;
  const retry = onRetry !== undefined && <button type="button" class="button" onClick={onRetry}>Try again</button>;
  return <Banner icon="triangle" tone="warning" urgent testId={testId} actions={<>{retry}{actions}</>}>{children}</Banner>;
}
