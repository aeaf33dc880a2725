// What can be done with a machine as a whole: connect, let go, start afresh, remove.

import { useSignal } from "@preact/signals";
import { rest } from "../../link/rest";
import { draftOf } from "../../store/draft";
import { driverStatus } from "../../store/status";
import { tick } from "../../store/ticker";
import { Banner } from "../../ui/Banner";
import { Dialog } from "../../ui/Dialog";
import { Fault, Field } from "../../ui/Field";
import { useHouse, useMachine } from "../../ui/house";
import { go, link } from "../../ui/router";
import { useWork } from "../../ui/work";

export function MachineActions({ id, name }: { id: string; name: string }) {
  const house = useHouse();
  const machine = useMachine(id);
  const { fault, run } = useWork();
  const busy = useSignal("");
  const removing = useSignal(false);
  const { connection, driverRetryAtMs, state } = machine.session;
  const act = async (what: string, work: () => Promise<unknown>) => {
    busy.value = what;
    await run(async () => {
      await work();
      await house.refresh();
    });
    busy.value = "";
  };
  const status = driverStatus(connection.value, driverRetryAtMs.value, tick.value);
  const isLinked = connection.value.driver_state !== "disconnected" && connection.value.driver_state !== "failed";
  const button = (what: string, words: string, work: () => Promise<unknown>) => (
    <button type="button" class="button" disabled={busy.value !== ""} data-testid={`machine-${what}`} onClick={() => void act(what, work)}>{busy.value === what ? "…" : words}</button>
  );
  return (
    <section class="panel step-panel machine-actions" aria-label="This machine" data-testid="machine-actions">
      <h2>This machine</h2>
      {state.value === "recording" && <Banner icon="record" testId="recording">It is recording: changes and removal wait until the recording has ended.</Banner>}
      <p role="status" data-testid="machine-driver">{status === null ? "Connected." : status.text}</p>
      <div class="row">
        {isLinked ? button("disconnect", "Disconnect", () => rest.disconnect(id)) : button("connect", "Connect", () => rest.connect(id))}
        {button("restart", "Restart", () => rest.restart(id))}
        <span class="grow" />
        <button type="button" class="button danger" data-testid="machine-remove" onClick={() => (removing.value = true)}>Remove…</button>
      </div>
      <Fault text={fault.value} />
      {removing.value && <RemoveDialog id={id} name={name} onClose={() => (removing.value = false)} />}
    </section>
  );
}

function RemoveDialog({ id, name, onClose }: { id: string; name: string; onClose: () => void }) {
  const house = useHouse();
  const typed = useSignal("");
  const { fault, run } = useWork();
  const remove = async () => {
    if (typed.peek().trim() !== name) throw new Error(`Type ${name} to remove it`);
    await rest.removeMachine(id);
    draftOf(id).discard();
    await house.refresh();
    onClose();
    go(link.wall());
  };
  return (
    <Dialog title={`Remove ${name}`} onClose={onClose} testId="remove-dialog">
      <form class="step-panel" noValidate onSubmit={(event) => {
        event.preventDefault();
        void run(remove);
      }}>
        <p>Its outputs are brought to safety first. Its profiles stay; its set-up, alarms and interlocks are gone.</p>
        <Field label={`Type its name, ${name}`} value={typed.value} fault={fault.value} testId="remove-name" onInput={(value) => (typed.value = value)} />
        <p class="row">
          <button type="submit" class="button danger" data-testid="remove-confirm">Remove</button>
          <button type="button" class="button" onClick={onClose}>Keep it</button>
        </p>
      </form>
    </Dialog>
  );
}
