// A slider's value typed as a number, for what a finger cannot hit.

import { useSignal, type ReadonlySignal } from "@preact/signals";
import { unitSign } from "../../model/units";
import { fractionOf } from "../../model/lines";
import type { ControlLine } from "../../store/controls";
import { Dialog } from "../../ui/Dialog";
import { Field } from "../../ui/Field";

type Props = { line: ReadonlySignal<ControlLine>; isBarred: boolean; onCommit: (value: number) => void };

export function NumberEntry({ line, isBarred, onCommit }: Props) {
  const text = useSignal<string | null>(null);
  const fault = useSignal<string | undefined>(undefined);
  const { spec } = line.value;
  const range = `${spec.min} to ${spec.max} ${unitSign(spec.unit)}`.trim();
  const close = () => {
    text.value = null;
    fault.value = undefined;
  };
  const send = (event: Event) => {
    event.preventDefault();
    const fraction = fractionOf(spec, text.peek() ?? "");
    if (fraction === null) {
      fault.value = `A number from ${range} is needed`;
      return;
    }
    close();
    onCommit(fraction);
  };
  return (
    <>
      <button type="button" class="button large" disabled={isBarred || !spec.enabled} data-testid={`enter-${spec.id}`} aria-label={`Type a value for ${spec.label}`} onClick={() => (text.value = "")}>
        123
      </button>
      {text.value !== null && (
        <Dialog title={spec.label} onClose={close}>
          <form class="dialog-form" onSubmit={send} noValidate>
            <Field label="Value" kind="number" hint={range} value={text.value} fault={fault.value} onInput={(value) => (text.value = value)} testId="entry" />
            <p class="row"><button type="submit" class="button primary large" data-testid="send-entry">Send</button></p>
          </form>
        </Dialog>
      )}
    </>
  );
}
