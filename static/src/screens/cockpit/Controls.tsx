// The controls, and above them in one line why they cannot be used, if they cannot.

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { nowMs } from "../../link/clock";
import { canSend } from "../../link/state";
import { isAdmin, maySteer } from "../../model/people";
import { tick } from "../../store/ticker";
import type { MachineStore } from "../../store/machine";
import { Banner } from "../../ui/Banner";
import { HoldButton } from "../../ui/HoldButton";
import { useHouse } from "../../ui/house";
import type { Me } from "../../wire/types";
import { Care } from "./Care";
import { ControlRow } from "./ControlRow";

const OVERRIDE_MS = 30_000;
/** After so much silence the holder's control passes. Source: the daemon's lease. */
const ANSWER_MS = 10_000;

/** Why controls cannot be used now. */
export type Bar = { why: string; icon: "lock" | "slash" | "clock" | "octagon"; code: "role" | "locked" | "offline" | "driver" | "latched" | "stale" };

/** Whether somebody else steers, or whoever is here may not. */
export function isLocked(machine: MachineStore, me: Me | null): boolean {
  const { holder, yours } = machine.session.lease.value;
  return !maySteer(me?.user, machine.id) || (holder !== null && !yours);
}

/** Why controls cannot be used now, null if they can. */
export function barOf(machine: MachineStore, isOverridden: boolean, me: Me | null): Bar | null {
  if (!maySteer(me?.user, machine.id)) return { why: "You may watch this machine and STOP it, not steer it", icon: "lock", code: "role" };
  const { holder, yours } = machine.session.lease.value;
  if (!canSend(machine.link.value)) {
    const why = machine.link.value.kind === "polling" ? "Slow mode is read-only: no live connection" : "No connection: nothing can be sent";
    return { why, icon: "slash", code: "offline" };
  }
  if (holder !== null && !yours) return { why: `Controlled by ${holder.name}`, icon: "lock", code: "locked" };
  if (machine.session.connection.value.driver_state !== "connected") return { why: "The machine does not answer", icon: "slash", code: "driver" };
  // Before the first reading nothing is old yet; the link tells if none comes.
  const isOld = machine.ageMs() === null ? machine.link.value.kind === "stale" : machine.isStale(tick.value);
  if (isOld && !isOverridden) return { why: "Readings are old: you would steer blind", icon: "clock", code: "stale" };
  if (machine.session.safety.value.latched) return { why: "Heat is held safe: re-arm first", icon: "octagon", code: "latched" };
  return null;
}

/** Whether a bar is one for this control: what is held safe is the heat, air and motion are not. */
export function isBarred(machine: MachineStore, bar: Bar | null, channel: string): boolean {
  return bar !== null && (bar.code !== "latched" || machine.session.safety.value.channels.includes(channel));
}

/** Why the controls cannot be used now, if so, and the banner that says it with what helps. */
export function useBar(machine: MachineStore): { bar: Bar | null; banner: ComponentChildren } {
  const house = useHouse();
  const overriddenUntil = useSignal(0);
  const askedAt = useSignal<number | null>(null);
  const isOverridden = tick.value < overriddenUntil.value;
  const bar = machine.loaded.value ? barOf(machine, isOverridden, house.me.value) : null;
  useEffect(() => void (askedAt.value = null), [machine.session.lease.value.holder?.client_id]);
  const left = askLeftMs(machine, askedAt.value);
  const ask = () => {
    askedAt.value = machine.command({ action: "take_control" }) ? nowMs() : null;
  };
  const banner = bar !== null && (
    <div class="controls-bar">
      <Banner icon={bar.icon} tone={bar.code === "stale" ? "warning" : "plain"} testId={`controls-${bar.code}`} actions={
        bar.code === "locked" ? (house.me.value?.access === "user" && isAdmin(house.me.value.user) ? <HoldButton testId="take-over" onHeld={ask}>Take over: hold 1 s</HoldButton> : <button type="button" class="button" disabled={left !== null} data-testid="take-control" onClick={ask}>{left === null ? "Ask for control" : `Asked: yours in ${Math.ceil(left / 1000)} s at the latest`}</button>)
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
  if (!machine.controls.known.value) return <Skeletons />;
  if (order.length === 0) return null;
  return (
    <section class="controls" aria-label="Controls">
      {banner}
      {order.map((id) => {
        const line = machine.controls.line(id);
        if (line === undefined) return null;
        return (
          <ControlRow
            key={id} line={line} isBarred={isBarred(machine, bar, id)}
            onEdit={(value) => machine.controls.edit(id, value)} onCommit={(value) => machine.controls.commit(id, value)}
          />
        );
      })}
      <Care id={machine.id} />
    </section>
  );
}

/** How long an answer may still take, null if none is awaited. */
function askLeftMs(machine: MachineStore, askedAt: number | null): number | null {
  if (askedAt === null) return null;
  const isRefused = machine.session.notices.value.some(({ about, atMs }) => about === "take_control" && atMs >= askedAt);
  const left = askedAt + ANSWER_MS - tick.value;
  return isRefused || left <= 0 ? null : left;
}

/** Keeps the room of the controls until it is known which there are. */
function Skeletons() {
  return (
    <section class="controls" aria-label="Controls" aria-busy="true">
      {[0, 1, 2].map((key) => <div key={key} class="panel control skeleton" />)}
      {[3, 4].map((key) => <div key={key} class="panel control toggle skeleton" />)}
    </section>
  );
}
