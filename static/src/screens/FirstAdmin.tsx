// Where the link leads that the daemon prints while it has no admin.

import { rest } from "../link/rest";
import { Trouble } from "../ui/Banner";
import { Field } from "../ui/Field";
import { useForm } from "../ui/form";
import { useHouse } from "../ui/house";
import { go, link } from "../ui/router";
import { NewPassword, same } from "./NewPassword";

export function FirstAdmin({ token }: { token: string }) {
  const house = useHouse();
  const form = useForm({ email: "", name: "", password: "", again: "" });
  const become = async () => {
    const { email, name, ...passwords } = form.typed.peek();
    await house.become(await rest.setUp({ token, email: email.trim(), name: name.trim() || undefined, password: same(passwords) }));
    go(link.wall());
  };
  return (
    <main class="page">
      <form class="panel empty" data-testid="first-admin" onSubmit={form.sends(become)} noValidate>
        <h1>Become the admin</h1>
        <p>The admin sets up machines and lets others in. From now on everybody signs in.</p>
        <Field label="E-mail" kind="email" autofocus {...form.at("email")} testId="first-email" />
        <Field label="Name" hint="as others see it; may be empty" {...form.at("name")} testId="first-name" />
        <NewPassword form={form} />
        <Trouble testId="first-fault">{form.fault.value}</Trouble>
        <button type="submit" class="button primary large" disabled={form.busy.value} data-testid="first-go">Become the admin</button>
      </form>
    </main>
  );
}
