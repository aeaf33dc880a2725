// Where the daemon wants to know who is there: by name and password, or by a token that somebody was given.

import { useSignal } from "@preact/signals";
import { credential } from "../link/credential";
import { rest } from "../link/rest";
import { Trouble } from "../ui/Banner";
import { Field } from "../ui/Field";
import { useHouse } from "../ui/house";
import { useWork } from "../ui/work";

const EMPTY = { email: "", password: "", token: "" };

export function SignIn({ reason }: { reason: string }) {
  const house = useHouse();
  const form = useSignal(EMPTY);
  const { busy, fault, run } = useWork();
  const change = (part: Partial<typeof EMPTY>) => (form.value = { ...form.peek(), ...part });
  const submit = async (event: Event) => {
    event.preventDefault();
    const { email, password, token } = form.peek();
    const isByToken = token.trim() !== "";
    await run(async () => {
      if (!isByToken && (email.trim() === "" || password === "")) throw new Error("Give e-mail and password, or a token.");
      await house.signIn(isByToken ? token.trim() : (await rest.logIn(email.trim(), password)).access_token);
      const list = house.list.peek();
      if (list.kind === "failed") throw list.error;
    });
  };
  return (
    <main class="page">
      <form class="panel empty" data-testid="sign-in" onSubmit={(event) => void submit(event)} noValidate>
        <h1>Sign in</h1>
        <p>{reason}</p>
        <Field label="E-mail" value={form.value.email} onInput={(email) => change({ email })} testId="sign-in-email" />
        <Field label="Password" kind="password" value={form.value.password} onInput={(password) => change({ password })} testId="sign-in-password" />
        <Field label="or a token" kind="password" value={form.value.token} onInput={(token) => change({ token })} testId="sign-in-token" />
        <Trouble testId="sign-in-fault">{fault.value}</Trouble>
        <button type="submit" class="button primary large" disabled={busy.value} data-testid="sign-in-go">Sign in</button>
        {credential() !== null && <button type="button" class="button" data-testid="sign-in-not" onClick={() => void house.signIn(null)}>Go on without signing in</button>}
      </form>
    </main>
  );
}
