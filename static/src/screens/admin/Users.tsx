// Who may log in, as what, and with which machines.

import { useSignal } from "@preact/signals";
import { rest } from "../../link/rest";
import { machinesWords } from "../../model/people";
import { Dialog } from "../../ui/Dialog";
import { Fetching } from "../../ui/Fetching";
import { Fault, Field } from "../../ui/Field";
import { Icon } from "../../ui/Icon";
import { useForm } from "../../ui/form";
import { Sure } from "../../ui/Sure";
import { useHouse } from "../../ui/house";
import { useFetched } from "../../ui/useFetched";
import type { UserView } from "../../wire/types";
import { RightsFields, type Chosen } from "./RightsFields";
import { Row } from "./Row";

/** What stands in front of the list. */
type Open = { what: "nothing" | "adding" } | { what: "changing" | "removing"; user: UserView };

export function Users() {
  const house = useHouse();
  const users = useFetched(rest.users);
  const open = useSignal<Open>({ what: "nothing" });
  const close = () => {
    open.value = { what: "nothing" };
    users.again();
  };
  const now = open.value;
  return (
    <>
      <p class="row intro"><span class="grow">Each person logs in with an e-mail address and a password of their own.</span>
        <button type="button" class="button primary" data-testid="add-user" onClick={() => (open.value = { what: "adding" })}><Icon name="plus" /> Add</button></p>
      <Fetching of={users} what="who may log in" />
      <ul class="alarm-list">
        {users.value?.map((user) => (
          <Row key={user.email} testId={`user-${user.email}`} name={user.name} role={user.role} about={`${user.name === user.email ? "" : `${user.email}, `}${machinesWords(user.machines, house.nameOf)}`}>
            {user.fixed ? <span class="small muted">in the configuration</span> : (
              <>
                <button type="button" class="button" aria-label={`Change ${user.name}`} data-testid="change-user" onClick={() => (open.value = { what: "changing", user })}>Change</button>
                <button type="button" class="button" aria-label={`Remove ${user.name}`} data-testid="remove-user" onClick={() => (open.value = { what: "removing", user })}>Remove</button>
              </>
            )}
          </Row>
        ))}
      </ul>
      {users.value?.length === 0 && <section class="panel empty"><h2>Nobody logs in</h2><p>On the daemon’s own computer nobody needs to. Add people before other devices use it.</p></section>}
      {now.what === "adding" && <UserDialog user={null} onClose={close} />}
      {now.what === "changing" && <UserDialog user={now.user} onClose={close} />}
      {now.what === "removing" && (
        <Sure title={`Remove ${now.user.name}`} word="Remove" onYes={() => rest.removeUser(now.user.email)} onClose={close}>They are signed out everywhere at once. What they did stays in the audit.</Sure>
      )}
    </>
  );
}

function UserDialog({ user, onClose }: { user: UserView | null; onClose: () => void }) {
  const house = useHouse();
  const form = useForm<Chosen & { email: string; name: string; password: string }>({
    email: user?.email ?? "", name: user?.name ?? "", role: user?.role ?? "operator", machines: user?.machines ?? null, password: "",
  });
  const isNew = user === null;
  const save = async () => {
    const { email, name, password, ...rights } = form.typed.peek();
    const draft = { ...rights, name: name.trim() || undefined, ...(isNew || password !== "" ? { password } : {}) };
    await (isNew ? rest.addUser({ ...draft, email: email.trim() }) : rest.changeUser(user.email, draft));
    // Whoever changes themselves is somebody else now.
    await house.whoIsHere();
    onClose();
  };
  return (
    <Dialog title={isNew ? "Let somebody in" : `Change ${user.name}`} onClose={onClose} testId="user-dialog">
      <form class="step-panel" noValidate onSubmit={form.sends(save)}>
        {isNew && <Field label="E-mail" autofocus {...form.at("email")} testId="user-email" />}
        <Field label="Name" hint="as others see it; the address where it is empty" {...form.at("name")} testId="user-name" />
        <RightsFields form={form} roles={["viewer", "operator", "admin"]} />
        <Field label={isNew ? "Password" : "Another password"} hint={`${isNew ? "" : "stays as it is where this is empty; "}at least 8 characters; tell it to them, they change it under Settings`} {...form.at("password")} testId="user-password" />
        <Fault text={form.fault.value} />
        <p class="row"><button type="submit" class="button primary" disabled={form.busy.value} data-testid="user-save">{isNew ? "Add" : "Save"}</button></p>
      </form>
    </Dialog>
  );
}
