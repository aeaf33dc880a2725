// What failed, in a banner that interrupts, with what a person can do about it. Nothing while nothing did.

import type { ComponentChildren } from "preact";
import { Banner } from "./Banner";

type Props = { children: ComponentChildren; testId?: string; actions?: ComponentChildren; onRetry?: () => void };

export function Trouble({ children, testId, actions, onRetry }: Props) {
  if (children === null || children === undefined) return null;
  const retry = onRetry !== undefined && <button type="button" class="button" onClick={onRetry}>Try again</button>;
  return <Banner icon="triangle" tone="warning" urgent testId={testId} actions={<>{retry}{actions}</>}>{children}</Banner>;
}
