// The controls, and above them in one line why they cannot be used, if they cannot.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { canSend } from "../../link/state";
import { tick } from "../../store/ticker";
import type { MachineStore } from "../../store/machine";
import { Banner } from "../../ui/Banner";
import { HoldButton } from "../../ui/HoldButton";
import { useHouse } from "../../ui/house";
import { ControlRow } from "./ControlRow";

const OVERRIDE_MS = 30_000;

/** Why controls cannot be used now. */
type Bar = { why: string; icon: "lock" | "slash" | "clock" | "octagon"; code: "locked" | "offline" | "driver" | "latched" | "stale" };

/** Why controls cannot be used now, null if they can. */
export function barOf(machine: MachineStore, isOverridden: boolean): Bar | null {
  const { holder, yours } = machine.session.lease.value;
  if (!canSend(machine.link.value)) {
    const why = machine.link.value.kind === "polling" ? "Slow mode is read-only: no live connection" : "No connection: nothing can be sent";
    return { why, icon: "slash", code: "offline" };
  }
  if (holder !== null && !yours) return { why: `Controlled by ${holder.name}`, icon: "lock", code: "locked" };
  if (machine.session.safety.value.latched) return { why: "Outputs are held safe: re-arm first", icon: "octagon", code: "latched" };
  if (machine.session.connection.value.driver_state !== "connected") return { why: "The machine does not answer", icon: "slash", code: "driver" };
  if (machine.isStale(tick.value) && !isOverridden) return { why: "Readings are old: you would steer blind", icon: "clock", code: "stale" };
  return null;
}

export function Controls({ machine }: { machine: MachineStore }) {
  const house = useHouse();
  const overriddenUntil = useSignal(0);
  const asked = useSignal(false);
  const isOverridden = tick.value < overriddenUntil.value;
  const bar = machine.loaded.value ? barOf(machine, isOverridden) : null;
  const order = machine.controls.order.value;
  useEffect(() => void (asked.value = false), [machine.session.lease.value.holder?.client_id]);
  if (!machine.loaded.value) return <Skeletons />;
  if (order.length === 0) return null;
  const ask = () => {
    asked.value = machine.command({ action: "take_control" });
  };
  return (
    <section class="controls" aria-label="Controls">
      {bar !== null && (
        <div class="controls-bar">
          <Banner icon={bar.icon} tone={bar.code === "stale" ? "warning" : "plain"} testId={`controls-${bar.code}`} actions={
            bar.code === "locked" ? (house.me.value?.role === "admin" ? <HoldButton testId="take-over" onHeld={ask}>Take over: hold 1 s</HoldButton> : <button type="button" class="button" disabled={asked.value} data-testid="take-control" onClick={ask}>{asked.value ? "Asked, up to 10 s" : "Ask for control"}</button>)
            : bar.code === "stale" ? <button type="button" class="button" onClick={() => (overriddenUntil.value = tick.peek() + OVERRIDE_MS)}>Send anyway</button>
            : null
          }>
            {bar.why}
          </Banner>
        </div>
      )}
      {order.map((id) => {
        const line = machine.controls.line(id);
        if (line === undefined) return null;
        return (
          <ControlRow
            key={id} line={line} isBarred={bar !== null}
            onEdit={(value) => machine.controls.edit(id, value)} onCommit={(value) => machine.controls.commit(id, value)}
          />
        );
      })}
    </section>
  );
}

/** Keeps the room of the controls until it is known which there are. */
function Skeletons() {
  return (
    <section class="controls" aria-label="Controls" aria-busy="true">
      {[0, 1, 2].map((key) => <div key={key} class="panel control skeleton" />)}
    </section>
  );
}
