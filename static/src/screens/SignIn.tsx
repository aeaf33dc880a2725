// Where the daemon wants to know who is there: by name and password, or by a token that somebody was given.

import { useSignal } from "@preact/signals";
import { credential } from "../link/credential";
import { rest, RestError } from "../link/rest";
import { Banner } from "../ui/Banner";
import { Field } from "../ui/Field";
import { useHouse } from "../ui/house";

const EMPTY = { email: "", password: "", token: "" };

export function SignIn({ reason }: { reason: string }) {
  const house = useHouse();
  const form = useSignal(EMPTY);
  const fault = useSignal<string | null>(null);
  const busy = useSignal(false);
  const change = (part: Partial<typeof EMPTY>) => (form.value = { ...form.peek(), ...part });
  const submit = async (event: Event) => {
    event.preventDefault();
    const { email, password, token } = form.peek();
    const isByToken = token.trim() !== "";
    fault.value = !isByToken && (email.trim() === "" || password === "") ? "Give e-mail and password, or a token." : null;
    if (fault.peek() !== null) return;
    busy.value = true;
    try {
      await house.signIn(isByToken ? token.trim() : (await rest.logIn(email.trim(), password)).access_token);
      const list = house.list.peek();
      if (list.kind === "failed") fault.value = list.error.message;
    } catch (error) {
      fault.value = error instanceof RestError ? error.message : String(error);
    } finally {
      busy.value = false;
    }
  };
  return (
    <main class="page">
      <form class="panel empty" data-testid="sign-in" onSubmit={(event) => void submit(event)} noValidate>
        <h1>Sign in</h1>
        <p>{reason}</p>
        <Field label="E-mail" value={form.value.email} onInput={(email) => change({ email })} testId="sign-in-email" />
        <Field label="Password" kind="password" value={form.value.password} onInput={(password) => change({ password })} testId="sign-in-password" />
        <Field label="or a token" kind="password" value={form.value.token} onInput={(token) => change({ token })} testId="sign-in-token" />
        {fault.value !== null && <Banner icon="triangle" tone="warning" urgent testId="sign-in-fault">{fault.value}</Banner>}
        <button type="submit" class="button primary large" disabled={busy.value} data-testid="sign-in-go">Sign in</button>
        {credential() !== null && <button type="button" class="button" data-testid="sign-in-not" onClick={() => void house.signIn(null)}>Go on without signing in</button>}
      </form>
    </main>
  );
}
