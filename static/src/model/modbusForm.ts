// The small form for a Modbus machine: what is typed, the configuration it makes, and where each fault belongs.

import type { ProblemField } from "../wire/types";

/** The form as typed. Empty register fields leave their channel out. */
export type ModbusForm = {
  id: string; name: string; host: string; port: string; unitId: string;
  register: string; type: string; bt: string; et: string; divisor: string; burner: string;
};

/** Where temperatures may stand: the tables of numbers, with the function that reads them. */
export const REGISTERS: readonly [string, string][] = [["holding", "holding (function 3)"], ["input", "input (function 4)"]];

/** How a temperature may be written in its registers. */
export const TYPES: readonly [string, string][] = [
  ["i16", "16 bit, signed"], ["u16", "16 bit"], ["i32", "32 bit, signed"], ["u32", "32 bit"], ["f32", "float, 32 bit"],
  ["bcd16", "decimal-coded, 16 bit"], ["bcd32", "decimal-coded, 32 bit"],
];

/** The form as it opens. */
export const EMPTY_FORM: ModbusForm = { id: "", name: "", host: "", port: "502", unitId: "1", register: "holding", type: "i16", bt: "", et: "", divisor: "10", burner: "" };

/** A fault by field; `form` is for faults that belong to none. */
export type FormFaults = Partial<Record<keyof ModbusForm | "form", string>>;

/** A text as a number, or as it was typed: the daemon says best what is wrong with it. */
function number(text: string): number | string {
  const value = Number(text.trim().replace(",", "."));
  return text.trim() !== "" && Number.isFinite(value) ? value : text;
}

/** A slug made from a name: what an id may be. */
export function slug(name: string): string {
  const plain = name.normalize("NFKD").replaceAll(/\p{M}/gu, "").toLowerCase();
  return plain.replaceAll(/[^a-z0-9]+/g, "-").replaceAll(/^-+|-+$/g, "").slice(0, 64);
}

/** The channels that the form gives registers for, in the order they are written. */
function channelKeys(form: ModbusForm): ("bt" | "et" | "burner")[] {
  return (["bt", "et", "burner"] as const).filter((key) => form[key].trim() !== "");
}

/** The configuration that the form makes. */
export function toConfig(form: ModbusForm): unknown {
  const sensor = (role: "bt" | "et") => ({
    id: role, role, kind: "sensor", unit: "celsius",
    source: { register: form.register, address: number(form[role]), type: form.type, divisor: number(form.divisor) },
  });
  const burner = {
    id: "burner", kind: "control", class: "heat", min: 0, max: 100, step: 1, unit: "percent", failsafe: 0,
    source: { register: "holding", address: number(form.burner), type: "u16" },
  };
  return {
    id: form.id.trim() || slug(form.name), name: form.name.trim(), kind: "roaster",
    driver: { type: "modbus_tcp", host: form.host.trim(), port: number(form.port), unit_id: number(form.unitId) },
    channels: channelKeys(form).map((key) => (key === "burner" ? burner : sensor(key))),
  };
}

/** What looks odd but may be meant: numbers as manuals print them, which count from 1 with the table in front. */
export function warn(form: ModbusForm): FormFaults {
  const warnings: FormFaults = {};
  for (const key of channelKeys(form)) {
    const value = number(form[key]);
    if (typeof value !== "number" || !Number.isInteger(value)) continue;
    const table = value >= 30_001 && value < 40_000 ? "input" : value >= 40_001 && value <= 49_999 ? "holding" : null;
    if (table === null) continue;
    const meant = value - (table === "input" ? 30_001 : 40_001);
    warnings[key] = `${value} looks like a manual's number: there it means ${table} register ${meant}, counted from 0. Leave it if the device really counts so far.`;
  }
  return warnings;
}

/** What is wrong before anything is sent. */
export function check(form: ModbusForm): FormFaults {
  const faults: FormFaults = {};
  const whole = (key: keyof ModbusForm, from: number, to: number, what: string) => {
    const value = number(form[key]);
    if (typeof value !== "number" || !Number.isInteger(value) || value < from || value > to) faults[key] = `${what} is a whole number from ${from} to ${to}`;
  };
  if (form.name.trim() === "") faults.name = "Give the machine a name";
  if (form.host.trim() === "") faults.host = "Host is empty: an address such as 192.168.1.20 is needed";
  else if (/[\s/[\]@]/.test(form.host.trim())) faults.host = "Give a bare name or address, such as 192.168.1.20 (no http in front, no port)";
  whole("port", 1, 65_535, "A port");
  whole("unitId", 0, 255, "A unit id");
  for (const key of channelKeys(form)) whole(key, 0, 65_535, "A register address");
  if (form.bt.trim() === "") faults.bt = "A roaster needs its BT register";
  const divisor = number(form.divisor);
  if (typeof divisor !== "number" || divisor === 0) faults.divisor = "A divisor is a number other than 0";
  return faults;
}

/** Brings the faults the daemon found to the fields they stand for, by JSON pointer. */
export function toFields(form: ModbusForm, errors: readonly ProblemField[]): FormFaults {
  const faults: FormFaults = {};
  const keys = channelKeys(form);
  const direct: Record<string, keyof ModbusForm> = {
    "/id": "id", "/name": "name", "/driver/host": "host", "/driver/port": "port", "/driver/unit_id": "unitId",
  };
  for (const { pointer, detail } of errors) {
    const channel = /^\/channels\/(\d+)(?:\/source\/(divisor|type|register))?/.exec(pointer);
    const owner = channel === null ? undefined : keys[Number(channel[1])];
    const shared = owner === "burner" ? undefined : (channel?.[2] as "divisor" | "type" | "register" | undefined);
    const field = direct[pointer] ?? (owner === undefined ? undefined : shared) ?? owner ?? "form";
    const text = field === "form" && pointer !== "" ? `${pointer}: ${detail}` : detail;
    faults[field] = faults[field] === undefined ? text : `${faults[field]}. ${text}`;
  }
  return faults;
}
