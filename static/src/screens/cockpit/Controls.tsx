// The controls, and above them in one line why they cannot be used, if they cannot.

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { canSend } from "../../link/state";
import { tick } from "../../store/ticker";
import type { MachineStore } from "../../store/machine";
import { Banner } from "../../ui/Banner";
import { ControlRow } from "./ControlRow";

const OVERRIDE_MS = 30_000;

/** Why controls cannot be used now. */
export type Bar = { why: string; icon: "lock" | "slash" | "clock" | "octagon"; code: "locked" | "offline" | "driver" | "latched" | "stale" };

function barOf(machine: MachineStore, isOverridden: boolean): Bar | null {
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

/** Why the controls cannot be used now, if so, and the banner that says it with what helps. */
export function useBar(machine: MachineStore): { bar: Bar | null; banner: ComponentChildren } {
  const overriddenUntil = useSignal(0);
  const asked = useSignal(false);
  const isOverridden = tick.value < overriddenUntil.value;
  const bar = machine.loaded.value ? barOf(machine, isOverridden) : null;
  useEffect(() => void (asked.value = false), [machine.session.lease.value.holder?.client_id]);
  const ask = () => {
    asked.value = machine.command({ action: "take_control" });
  };
  const banner = bar !== null && (
    <div class="controls-bar">
      <Banner icon={bar.icon} tone={bar.code === "stale" ? "warning" : "plain"} testId={`controls-${bar.code}`} actions={
        bar.code === "locked" ? <button type="button" class="button" disabled={asked.value} data-testid="take-control" onClick={ask}>{asked.value ? "Asked, up to 10 s" : "Ask for control"}</button>
        : bar.code === "stale" ? <button type="button" class="button" onClick={() => (overriddenUntil.value = tick.peek() + OVERRIDE_MS)}>Send anyway</button>
        : null
      }>
        {bar.why}
      </Banner>
    </div>
  );
  return { bar, banner };
}

export function Controls({ machine }: { machine: MachineStore }) {
  const { bar, banner } = useBar(machine);
  const order = machine.controls.order.value;
  if (order.length === 0) return null;
  return (
    <section class="controls" aria-label="Controls">
      {banner}
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
