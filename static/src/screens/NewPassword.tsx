// A password that somebody chooses, twice: nobody sees what they type.

import { Field } from "../ui/Field";
import type { Form } from "../ui/form";

/** What was typed. */
type Typed = { password: string; again: string };

/** The password, if both are the same. */
export function same({ password, again }: Typed): string {
  if (password !== again) throw new Error("The two passwords are not the same.");
  return password;
}

export function NewPassword({ form: { at, faultAt } }: { form: Pick<Form<Typed>, "at" | "faultAt"> }) {
  return (
    <>
      <Field label="New password" kind="new-password" hint="at least 8 characters" {...at("password")} fault={faultAt("/password") ?? faultAt("/new")} testId="password" />
      <Field label="The same again" kind="new-password" {...at("again")} testId="password-again" />
    </>
  );
}
