// A value that shows once that it changed, whoever changed it.

import { useRef } from "preact/hooks";

export function Flash({ text, testId }: { text: string; testId?: string }) {
  const seen = useRef({ text, changes: 0 });
  if (seen.current.text !== text) seen.current = { text, changes: seen.current.changes + 1 };
  // A new key makes a new element, whose animation begins anew.
  return <b key={seen.current.changes} class={seen.current.changes > 0 ? "flash" : ""} data-testid={testId}>{text}</b>;
}
