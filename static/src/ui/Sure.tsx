// A question before something that cannot be taken back.

import type { ComponentChildren } from "preact";
import { Dialog } from "./Dialog";
import { Fault } from "./Field";
import { useWork } from "./work";

type Props = { title: string; word: string; children: ComponentChildren; onYes: () => Promise<unknown>; onClose: () => void };

/** Closes once it is done; says why not otherwise. */
export function Sure({ title, word, children, onYes, onClose }: Props) {
  const { busy, fault, run } = useWork();
  return (
    <Dialog title={title} onClose={onClose} testId="sure">
      <p>{children}</p>
      <Fault text={fault.value} />
      <p class="row">
        <button type="button" class="button danger" disabled={busy.value} data-testid="sure-yes" onClick={() => void run(async () => onYes().then(onClose))}>{word}</button>
        <button type="button" class="button" onClick={onClose}>Cancel</button>
      </p>
    </Dialog>
  );
}
