// Something that is told once, to be copied.

import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";

export function Secret({ text, testId }: { text: string; testId?: string }) {
  const code = useRef<HTMLElement>(null);
  const said = useSignal("");
  const copy = () => {
    if (code.current !== null) getSelection()?.selectAllChildren(code.current);
    // Plain http has no clipboard but this one.
    said.value = document.execCommand("copy") ? "Copied." : "Selected: copy it with the keys of this device.";
  };
  return (
    <p class="row addresses">
      <code ref={code} data-testid={testId}>{text}</code>
      <button type="button" class="button" data-testid="copy" onClick={copy}>Copy</button>
      <span role="status">{said.value}</span>
    </p>
  );
}
