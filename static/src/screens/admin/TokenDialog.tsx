// Giving out a token: its secret is shown once.

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { daemonDateMs } from "../../link/clock";
import { rest } from "../../link/rest";
import { Dialog } from "../../ui/Dialog";
import { Fault, Field } from "../../ui/Field";
import { useForm } from "../../ui/form";
import { Secret } from "../../ui/Secret";
import { RightsFields, type Chosen } from "./RightsFields";

const DAY_MS = 86_400_000;
/** How long a token is good for, in days. */
const LIVES = [["", "until it is revoked"], ["1", "one day"], ["30", "30 days"], ["365", "one year"]] as const;

/** `children`: what stands beside the secret. */
type Props = { first: Chosen & { name: string }; onClose: () => void; children?: ComponentChildren };

export function TokenDialog({ first, onClose, children }: Props) {
  const form = useForm({ ...first, days: "" });
  const secret = useSignal<string | null>(null);
  const give = async () => {
    const { days, ...token } = form.typed.peek();
    const expires_at = days === "" ? null : new Date(daemonDateMs() + Number(days) * DAY_MS).toISOString();
    secret.value = (await rest.giveToken({ ...token, name: token.name.trim(), expires_at })).token;
  };
  return (
    <Dialog title={secret.value === null ? "Give out a token" : `Token ${form.typed.value.name}`} onClose={onClose} testId="token-dialog">
      {secret.value === null ? (
        <form class="step-panel" noValidate onSubmit={form.sends(give)}>
          <Field label="Name" autofocus hint="of the program or device that will use it" {...form.at("name")} testId="token-name" />
          <RightsFields form={form} />
          <Field label="Good" choices={LIVES} {...form.at("days")} testId="token-life" />
          <Fault text={form.fault.value} />
          <p class="row"><button type="submit" class="button primary" disabled={form.busy.value} data-testid="token-give">Give out</button></p>
        </form>
      ) : (
        <div class="step-panel">
          <p>Copy it now: it is shown only this once. Who has it may do what it may.</p>
          <Secret text={secret.value} testId="token-secret" />
          {children ?? <p class="small muted">A program sends it as <code>Authorization: Bearer …</code>; on a socket also as <code>?token=…</code>.</p>}
          <p class="row"><button type="button" class="button" data-testid="token-done" onClick={onClose}>Done</button></p>
        </div>
      )}
    </Dialog>
  );
}
