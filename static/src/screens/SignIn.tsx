// Where the daemon wants to know who is there.

import { rest } from "../link/rest";
import { Trouble } from "../ui/Banner";
import { Field } from "../ui/Field";
import { useForm } from "../ui/form";
import { useHouse } from "../ui/house";
import { go, link, route } from "../ui/router";

export function SignIn() {
  const house = useHouse();
  const { busy, fault, typed, at, sends } = useForm({ email: "", password: "" });
  const me = house.me.value;
  const enter = async () => {
    const { email, password } = typed.peek();
    if (email.trim() === "" || password === "") throw new Error("Give e-mail and password.");
    await house.become(await rest.logIn(email.trim(), password));
    if (route.peek().at === "sign-in") go(link.wall());
  };
  if (me !== null && !me.login_possible) {
    return (
      <main class="page">
        <section class="panel empty" data-testid="sign-in">
          <h1>{me.setup_needed ? "There is no admin yet" : "Nobody can sign in here"}</h1>
          <p>{me.setup_needed ? "When the daemon starts, it prints a link that makes whoever opens it the admin, for 15 minutes. Start it again for another link."
            : "This daemon is for its own computer. Open the page there, by the name localhost."}</p>
          <button type="button" class="button" onClick={() => void house.whoIsHere()}>Look again</button>
        </section>
      </main>
    );
  }
  return (
    <main class="page">
      <form class="panel empty" data-testid="sign-in" onSubmit={sends(enter)} noValidate>
        <h1>Sign in</h1>
        <Field label="E-mail" kind="email" autofocus {...at("email")} testId="sign-in-email" />
        <Field label="Password" kind="password" {...at("password")} testId="sign-in-password" />
        <Trouble testId="sign-in-fault">{fault.value}</Trouble>
        <button type="submit" class="button primary large" disabled={busy.value} data-testid="sign-in-go">Sign in</button>
      </form>
    </main>
  );
}
