// Who is signed in on this device: signing out, another password.

import { useSignal } from "@preact/signals";
import { rest } from "../link/rest";
import { Fault, Field } from "../ui/Field";
import { useForm } from "../ui/form";
import { useHouse } from "../ui/house";
import { link } from "../ui/router";
import { useWork } from "../ui/work";
import { NewPassword, same } from "./NewPassword";

const EMPTY = { old: "", password: "", again: "" };

export function Login({ onClose }: { onClose: () => void }) {
  const house = useHouse();
  const isChanging = useSignal(false);
  const { busy, fault, run } = useWork();
  const me = house.me.value;
  if (me === null) return null;
  if (me.access !== "user" || me.user === null) return me.login_possible && me.user !== null ? <a class="button" href={link.signIn()} onClick={onClose} data-testid="to-sign-in">Sign in</a> : null;
  const leave = () => void run(async () => {
    await rest.logOut();
    await house.whoIsHere();
    onClose();
  });
  return (
    <section class="step-panel" aria-label="Login">
      <div class="row">
        <span class="grow">Signed in as {me.user.name} ({me.user.role})</span>
        <button type="button" class="button" aria-expanded={isChanging.value} data-testid="change-password" onClick={() => (isChanging.value = !isChanging.peek())}>Password…</button>
        <button type="button" class="button" disabled={busy.value} data-testid="sign-out" onClick={leave}>Sign out</button>
      </div>
      <Fault text={fault.value} />
      {isChanging.value && <ChangePassword email={me.user.email ?? ""} />}
    </section>
  );
}

function ChangePassword({ email }: { email: string }) {
  const house = useHouse();
  const said = useSignal("");
  const form = useForm(EMPTY);
  const change = async () => {
    said.value = "";
    const { old, ...passwords } = form.typed.peek();
    await house.become(await rest.changePassword(old, same(passwords)));
    form.change(EMPTY);
    said.value = "Changed. Other devices sign in again.";
  };
  return (
    <form class="step-panel" noValidate onSubmit={form.sends(change)}>
      {/* So that a browser knows whose password it keeps. */}
      <input hidden type="email" autocomplete="username" value={email} />
      <Field label="Password until now" kind="password" {...form.at("old")} testId="password-old" />
      <NewPassword form={form} />
      <Fault text={form.fault.value} />
      <p class="row"><button type="submit" class="button" disabled={form.busy.value} data-testid="password-go">Change</button> <span role="status">{said.value}</span></p>
    </form>
  );
}
