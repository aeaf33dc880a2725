// What a place of a machine's document is called, for people.

import { at, labelOf, type Doc } from "./draft";

const NAMES: Record<string, string> = {
  id: "Id", name: "Name", kind: "Kind", host: "Host", port: "Port", unit_id: "Unit id", timeout_ms: "Timeout", type: "Type", address: "Address",
  divisor: "Divisor", offset: "Offset", register: "Register", label: "Name", unit: "Unit", role: "Meaning", class: "What it moves", failsafe: "Fail-safe",
  min: "Least", max: "Most", step: "Step", sampling_interval_ms: "Reading interval", channels: "Channels", alarms: "Alarm", interlocks: "Interlock",
  source: "Register", readback: "Read-back", when: "Condition", blocks: "Blocked order", forces: "Set otherwise", max_rise_per_s: "Rises per second", unless: "Exception", message: "Message", deadband: "Deadband",
  delay_ms: "Delay", channel: "Channel", above: "Value", below: "Value", at_least: "Value", at_most: "Value", equals: "Value", tag: "Tag", baud: "Baud",
  on_sensor_loss_ms: "Without a reading", operator_loss_ms: "With nobody here",
};

/** A place in words: `Burner, Address`. */
export function placeName(doc: Doc, pointer: string): string {
  const [, first = "", index, ...rest] = pointer.split("/");
  const last = (key: string): string => NAMES[key] ?? key.replaceAll("_", " ");
  if (index === undefined || !/^\d+$/.test(index)) return last(index ?? first);
  const item = `/${first}/${index}`;
  const own = first === "channels" ? labelOf(at(doc, item)) : "";
  const name = own !== "" ? own : `${last(first).replace(/s$/, "")} ${Number(index) + 1}`;
  const part = rest.filter((key) => !/^\d+$/.test(key)).at(-1);
  return [name, rest[0] === "readback" ? NAMES["readback"] : undefined, part === undefined || part === "readback" ? undefined : last(part)].filter((word) => word !== undefined).join(", ");
}
