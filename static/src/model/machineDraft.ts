// The document of a machine while it is set up: what may stand in it, what is wrong with it before anything is sent, and which
// step of the set-up shows which of its places.

import type { ProblemField } from "../wire/types";
import { at, free, listAt, slug, type Doc, type Faults } from "./draft";

type Choices = readonly (readonly [string, string])[];

export const STEPS = ["kind", "link", "channels", "controls", "detection", "test"] as const;
export type Step = (typeof STEPS)[number];

export const STEP_NAMES: Record<Step, string> = {
  kind: "Kind", link: "Link", channels: "Channels", controls: "Controls", detection: "Detection", test: "Test",
};

export const KINDS: Choices = [["roaster", "Coffee roaster"], ["kettle", "Brew kettle"], ["panel", "Control panel"], ["rig", "Lab rig"], ["scanner", "Scanner"]];

export const DRIVERS: Choices = [
  ["modbus_tcp", "Modbus TCP (network)"], ["modbus_rtu", "Modbus RTU (serial port)"], ["modbus_rtu_over_tcp", "Modbus RTU through a network adapter"],
  ["push", "The controller sends its readings itself"], ["simulator", "Simulator (no hardware)"],
];

export const REGISTERS: Choices = [["holding", "holding (function 3)"], ["input", "input (function 4)"], ["coil", "coil (function 1)"], ["discrete", "discrete input (function 2)"]];

export const TYPES: Choices = [
  ["", "16 bit, or one bit"], ["i16", "16 bit, signed"], ["u16", "16 bit"], ["i32", "32 bit, signed"], ["u32", "32 bit"], ["f32", "float, 32 bit"],
  ["bcd16", "decimal-coded, 16 bit"], ["bcd32", "decimal-coded, 32 bit"], ["bool", "on or off"],
];

export const WORD_ORDERS: Choices = [["low_first", "low word first (CDAB)"], ["high_first", "high word first (ABCD)"]];

export const CLASSES: Choices = [["heat", "Heat"], ["motion", "Drum, motor"], ["air", "Air"], ["cool", "Cooling"], ["other", "Something else"]];

/** What every driver starts from. */
export const BLANK_DRIVERS: Record<string, Doc> = {
  modbus_tcp: { type: "modbus_tcp", host: "", port: 502, unit_id: 1, timeout_ms: 400, word_order: "low_first" },
  modbus_rtu: { type: "modbus_rtu", port: "", baud: 9600, parity: "none", stop_bits: 1, unit_id: 1, timeout_ms: 400, word_order: "low_first" },
  modbus_rtu_over_tcp: { type: "modbus_rtu_over_tcp", host: "", port: 4001, unit_id: 1, timeout_ms: 400, word_order: "low_first" },
  push: { type: "push", stale_after_ms: 10_000, ack_timeout_ms: 5_000 },
  simulator: { type: "simulator", model: "roaster", speed: 1, seed: 1, noise: 0.1, operator: false },
};

/** A machine that nobody has described yet. */
export const BLANK: Doc = { kind: "roaster", autoconnect: true, sampling_interval_ms: 1000, driver: BLANK_DRIVERS["modbus_tcp"] };

/** What talks to the machine. */
export const driverOf = (doc: Doc): string => String(at(doc, "/driver/type") ?? "");
export const isModbus = (doc: Doc): boolean => driverOf(doc).startsWith("modbus");

/** The indices of the channels of one kind, in the order they are written in. */
export function channelsOf(doc: Doc, kind: "sensor" | "control"): number[] {
  return listAt(doc, "/channels").flatMap((channel, index) => (channel["kind"] === kind ? [index] : []));
}

/** A channel as it is added. */
export function blankChannel(doc: Doc, kind: "sensor" | "control"): Doc {
  const source = isModbus(doc) ? { source: { register: "holding", ...(kind === "sensor" ? { type: "i16", divisor: 10 } : { type: "u16" }) } } : {};
  return kind === "sensor" ? { id: "", kind, unit: "celsius", ...source } : { id: "", kind, class: "other", min: 0, max: 100, step: 1, unit: "percent", ...source };
}

const omit = (object: Doc, keys: readonly string[]): Doc => Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key)));

/** A control operated in another way; what only the old way has goes with it. */
export function withShape(channel: Doc, shape: "slider" | "toggle"): Doc {
  if (shape === "toggle") return { ...omit(channel, ["min", "max", "step", "unit", "max_rise_per_s"]), control: shape };
  return { min: 0, max: 100, step: 1, unit: "percent", ...omit(channel, ["on_value", "off_value"]), control: shape };
}

/** Whether a control has two positions. */
export const isToggle = (channel: Doc): boolean => channel["control"] === "toggle" || (channel["control"] === undefined && at(channel, "/source/register") === "coil");

/** A channel whose value stands in another table: a bit has no type and no scale, and a control on a coil is a switch. */
export function withTable(channel: Doc, part: "source" | "readback", register: string): Doc {
  const isBit = register === "coil" || register === "discrete";
  const source = (channel[part] ?? {}) as Doc;
  const wasBit = source["register"] === "coil" || source["register"] === "discrete";
  const next = { ...channel, [part]: { ...(isBit && !wasBit ? omit(source, ["type", "divisor", "offset", "word_order"]) : source), register } };
  if (part === "readback" || isBit === wasBit) return next;
  if (channel["kind"] === "control") return omit(withShape(next, isBit ? "toggle" : "slider"), isBit ? ["control"] : []);
  return isBit && channel["role"] === undefined ? omit(next, ["unit"]) : next;
}

/** The document as it is sent: with the ids that names make, where none were given. */
export function complete(doc: Doc): Doc {
  const taken = listAt(doc, "/channels").map((channel) => channel["id"]);
  const channels = listAt(doc, "/channels").map((channel) => {
    if (String(channel["id"] ?? "") !== "") return channel;
    const made = free(slug(String(channel["label"] ?? "")), taken);
    taken.push(made);
    return { ...channel, id: made };
  });
  const { name, ...rest } = doc;
  const id = String(doc["id"] ?? "") || slug(String(name ?? ""));
  return { ...rest, id, ...(name === undefined ? {} : { name }), ...(channels.length > 0 ? { channels } : {}) };
}

/** The step that shows a place. Rules stand on a screen of their own: null. */
export function stepOf(doc: Doc, pointer: string): Step | null {
  const [, first, index] = pointer.split("/");
  switch (first) {
    case "driver":
      return pointer === "/driver/type" ? "kind" : "link";
    case "autoconnect":
    case "sampling_interval_ms":
    case "clock_speed":
      return "link";
    case "channels":
      return at(doc, `/channels/${index}/kind`) === "control" ? "controls" : "channels";
    case "safety":
      return "controls";
    case "detection":
      return "detection";
    case "alarms":
    case "interlocks":
      return null;
    default:
      return "kind";
  }
}

/** Number-like places and what they may hold. */
const WHOLE: readonly (readonly [RegExp, number, number])[] = [
  [/^\/driver\/unit_id$|\/(?:source|readback)\/unit_id$/, 0, 255],
  [/\/(?:source|readback)\/address$/, 0, 65_535],
  [/^\/driver\/(?:timeout_ms)$/, 10, 60_000],
  [/^\/sampling_interval_ms$/, 50, 60_000],
  [/^\/safety\/on_sensor_loss_ms$/, 1_000, 600_000],
  [/^\/safety\/operator_loss_ms$/, 0, 3_600_000],
];

/** What is wrong before anything is sent. The daemon finds the rest and tells it at the same places. */
export function check(doc: Doc): Faults {
  const faults = new Map<string, string>();
  if (String(doc["name"] ?? "").trim() === "") faults.set("/name", "Give the machine a name");
  const driver = driverOf(doc);
  const host = String(at(doc, "/driver/host") ?? "").trim();
  if (driver === "modbus_tcp" || driver === "modbus_rtu_over_tcp") {
    if (host === "") faults.set("/driver/host", "Host is empty: an address such as 192.168.1.20 is needed");
    else if (/[\s/[\]@]/.test(host)) faults.set("/driver/host", "Give a bare name or address, such as 192.168.1.20 (no http in front, no port)");
    whole(doc, "/driver/port", 1, 65_535, faults);
  }
  if (driver === "modbus_rtu" && String(at(doc, "/driver/port") ?? "").trim() === "") faults.set("/driver/port", "Choose or name the serial port, such as /dev/ttyUSB0");
  const places = ["/driver/unit_id", "/driver/timeout_ms", "/sampling_interval_ms", "/safety/on_sensor_loss_ms", "/safety/operator_loss_ms"];
  listAt(doc, "/channels").forEach((channel, index) => {
    const here = `/channels/${index}`;
    if (String(channel["id"] ?? "") === "" && slug(String(channel["label"] ?? "")) === "") faults.set(`${here}/label`, "Give the channel a name");
    for (const part of ["source", "readback"]) {
      if (channel[part] === undefined) continue;
      if (at(channel, `/${part}/address`) === undefined) faults.set(`${here}/${part}/address`, "Address is empty: a whole number from 0 to 65535 is needed");
      if (at(channel, `/${part}/divisor`) === 0) faults.set(`${here}/${part}/divisor`, "A divisor is a number other than 0");
      places.push(`${here}/${part}/address`, `${here}/${part}/unit_id`);
    }
  });
  for (const place of places) {
    const range = WHOLE.find(([pattern]) => pattern.test(place));
    if (range !== undefined && at(doc, place) !== undefined) whole(doc, place, range[1], range[2], faults);
  }
  return faults;
}

function whole(doc: Doc, pointer: string, from: number, to: number, faults: Map<string, string>): void {
  const value = at(doc, pointer);
  if (typeof value !== "number" || !Number.isInteger(value) || value < from || value > to) faults.set(pointer, `A whole number from ${from} to ${to} is needed`);
}

/** The daemon's faults by place, several at one place together. The id of a channel is made from its name: what is wrong with it stands there. */
export function byPointer(errors: readonly ProblemField[]): Map<string, string> {
  const faults = new Map<string, string>();
  for (const { pointer: told, detail } of errors) {
    const pointer = told.replace(/^(\/channels\/\d+)\/id$/, "$1/label");
    const before = faults.get(pointer);
    faults.set(pointer, before === undefined ? detail : `${before}. ${detail}`);
  }
  return faults;
}

/** What looks odd but may be meant: an address as manuals print it, which counts from 1 with the table in front. */
export function oddAddress(value: unknown): string | undefined {
  if (typeof value !== "number" || !Number.isInteger(value)) return undefined;
  const table = value >= 30_001 && value < 40_000 ? "input" : value >= 40_001 && value <= 49_999 ? "holding" : null;
  if (table === null) return undefined;
  const meant = value - (table === "input" ? 30_001 : 40_001);
  return `${value} looks like a manual's number: there it means ${table} register ${meant}, counted from 0. Leave it if the device really counts so far.`;
}

/** What a test is about: as long as it does not change, the test holds. */
export function tested(doc: Doc): string {
  return JSON.stringify([doc["driver"], listAt(doc, "/channels").map((channel) => [channel["source"], channel["readback"], channel["unit"]])]);
}
