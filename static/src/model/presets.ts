// Machines whose registers are known, as their users publish them. Facts only; nothing here was tried at the machine by us.

import type { Doc } from "./draft";

/** A sensor: id, table and address, type, divisor, unit, and the Modbus unit where it is not the link's. */
type Sensor = readonly [id: string, at: string, type: string, divisor: number, unit?: string, unitId?: number];
/** A control: id, class, where it is written, type, divisor, least, most, unit, where it is read back, and an offset. */
type Control = readonly [id: string, kind: string, at: string, type: string, divisor: number, min: number, max: number, unit: string, readback?: string, offset?: number];
/** An output with two positions: id, class, coil. */
type Switch = readonly [id: string, kind: string, coil: number];

/** A known machine. */
export type Preset = { name: string; note?: string; everyMs: number; driver: Doc; sensors: readonly Sensor[]; controls?: readonly Control[]; switches?: readonly Switch[] };

const tcp = (host: string, more: Doc = {}): Doc => ({ type: "modbus_tcp", host, port: 502, unit_id: 1, timeout_ms: 400, word_order: "low_first", ...more });
const rtu = (baud: number, stop_bits: number): Doc => ({ type: "modbus_rtu", port: "", baud, parity: "none", stop_bits, unit_id: 1, timeout_ms: 400, word_order: "low_first" });
const C = "celsius";
const F = "fahrenheit";

export const PRESETS: readonly Preset[] = [
  {
    name: "Besca BSC automatic", everyMs: 1000, driver: tcp("10.0.0.9"),
    sensors: [["bt", "h6", "i16", 10, C], ["et", "h7", "i16", 10, C]],
    controls: [
      ["burner", "heat", "h3904", "u16", 45, 0, 100, "percent"], ["air", "air", "h1003", "u16", 2.57, 0, 100, "percent", undefined, -38.910506],
      ["drum", "motion", "h1001", "u16", 4, 0, 100, "percent", undefined, -25],
    ],
    switches: [["burner-on", "heat", 2003], ["cooler", "cool", 2005], ["mixer", "motion", 2006]],
  },
  {
    name: "Coffee-Tech FZ-94", everyMs: 2000, driver: rtu(19_200, 2), note: "Older machines run at 2400 or 9600 baud. Read only.",
    sensors: [["bt", "h0", "i16", 10, C, 11], ["et", "h0", "i16", 10, C, 13], ["drum-temperature", "h0", "i16", 10, C, 12], ["setpoint", "h5", "i16", 10, C, 12], ["air", "h8451", "u16", 100, "Hz", 1], ["drum", "h8451", "u16", 100, "Hz", 2]],
  },
  {
    name: "Coffee-Tech FZ-94 Evo", everyMs: 1000, driver: tcp("192.168.1.2", { max_gap: 0 }),
    sensors: [["bt", "h100", "i16", 10, C], ["et", "h80", "i16", 10, C], ["setpoint", "h48", "i16", 10, C]],
    controls: [["burner", "heat", "h35", "u16", 1, 0, 100, "percent", "h37"], ["air", "air", "h20", "u16", 1, 30, 70, "Hz", "h46"], ["drum", "motion", "h16", "u16", 1, 30, 70, "Hz", "h47"]],
  },
  {
    name: "Coffee-Tech Ghibli or Silon, touch", everyMs: 1000, driver: tcp("192.168.1.27", { word_order: "high_first" }),
    sensors: [["bt", "h3", "f32", 1, C], ["et", "h1", "f32", 1, C], ["setpoint", "h13", "f32", 1, C]],
    controls: [["burner", "heat", "h7", "f32", 1, 0, 100, "percent", "h15"], ["air", "air", "h11", "f32", 1, 30, 70, "Hz"], ["drum", "motion", "h9", "f32", 1, 30, 70, "Hz"]],
  },
  {
    name: "Diedrich CR or DR", everyMs: 2000, driver: tcp("", { port: 8010 }),
    sensors: [["bt", "h0", "f32", 1, F], ["et", "h4", "f32", 1, F], ["inlet", "h2", "f32", 1, F]],
    controls: [["burner", "heat", "h6", "u16", 1, 0, 100, "percent"], ["air", "air", "h7", "u16", 1, 0, 100, "percent"]],
  },
  {
    name: "Loring Smart Roast", everyMs: 1000, driver: tcp("192.168.1.199"), note: "Read only.",
    sensors: [["bt", "h768", "bcd32", 10, F], ["et", "h774", "bcd32", 10, F], ["inlet", "h770", "bcd32", 10, F], ["stack", "h772", "bcd32", 10, F], ["burner", "h778", "bcd16", 1, "percent"], ["automatic", "d284", "bool", 1]],
  },
  {
    name: "Mill City, digital control panel", everyMs: 2000, driver: rtu(19_200, 2), note: "There are °C and °F variants of the panel: choose the unit that its display shows.",
    sensors: [["bt", "h4098", "i16", 10, C], ["et", "h4096", "i16", 10, C], ["inlet", "h4099", "i16", 10, C], ["drum-temperature", "h4097", "i16", 10, C]],
    controls: [["burner", "heat", "h4608", "u16", 10, 0, 350, "", "h4100"], ["air", "air", "h4638", "u16", 100, 0, 60, "Hz", "h4102"], ["drum", "motion", "h4636", "u16", 100, 0, 60, "Hz", "h4101"]],
  },
  {
    name: "Mill City or North, Delta meters", everyMs: 2000, driver: rtu(9600, 2), note: "Three devices on one wire. Read only.",
    sensors: [["bt", "h0", "i16", 10, C], ["et", "h3", "i16", 10, C], ["drum-temperature", "h18176", "i16", 10, F, 5], ["drum", "h8451", "u16", 100, "Hz", 6]],
  },
  {
    name: "Mill City or North, Fotek meters", everyMs: 2000, driver: rtu(9600, 2), note: "Three devices on one wire. Read only.",
    sensors: [["bt", "h0", "i16", 10, C], ["et", "h3", "i16", 10, C], ["drum-temperature", "h257", "i16", 10, F, 5], ["drum", "h8451", "u16", 100, "Hz", 6]],
  },
  {
    name: "Probat Probatone 7", everyMs: 2000, driver: tcp(""), note: "Its burner needs a second write after each setting, so it is only read here.",
    sensors: [["bt", "h12392", "i16", 100, C], ["et", "h12393", "i16", 100, C], ["burner", "h12394", "i16", 1], ["pressure", "h12465", "i16", 10, "mbar"], ["drum-speed", "h12462", "i16", 1], ["air-speed", "h12463", "i16", 1]],
    controls: [["air", "air", "h12363", "u16", 10, 50, 100, "percent"], ["drum", "motion", "h12362", "u16", 10, 50, 100, "percent"]],
  },
  {
    name: "Toper, PLC control", everyMs: 1000, driver: tcp(""), note: "Where its drum is written is not known for certain, so it is only read here.",
    sensors: [["bt", "h0", "i16", 10, C], ["et", "h2", "i16", 10, C], ["inlet", "h20", "i16", 10, C], ["drum", "h1215", "i16", 1, "percent"]],
    controls: [["burner", "heat", "h1105", "u16", 1, 0, 100, "percent"], ["air", "air", "h1040", "u16", 1, 0, 100, "percent"]],
  },
  {
    name: "Two temperature meters on one wire", everyMs: 1000, driver: rtu(9600, 1), note: "The usual retrofit (Has Garanti, Golden and others): meter 1 is BT, meter 2 is ET. Set the divisor to 10 if they show tenths.",
    sensors: [["bt", "i0", "i16", 1, C, 1], ["et", "i0", "i16", 1, C, 2]],
  },
];

const TABLES: Record<string, string> = { h: "holding", i: "input", d: "discrete", c: "coil" };

function source(at: string, type: string, divisor: number, offset = 0, unitId?: number): Doc {
  const base = { register: TABLES[at.charAt(0)], address: Number(at.slice(1)), type, divisor };
  return { ...base, ...(offset === 0 ? {} : { offset }), ...(unitId === undefined ? {} : { unit_id: unitId }) };
}

const words = (id: string): string => (id.length <= 2 ? id.toUpperCase() : id.charAt(0).toUpperCase() + id.slice(1).replaceAll("-", " "));

/** What a preset puts into a machine's document. */
export function fromPreset({ driver, everyMs, sensors, controls = [], switches = [] }: Preset): Doc {
  const read = sensors.map(([id, at, type, divisor, unit, unitId]) => ({
    id, label: words(id), kind: "sensor", ...(id === "bt" || id === "et" ? { role: id } : {}), ...(unit === undefined ? {} : { unit }), source: source(at, type, divisor, 0, unitId),
  }));
  const sliders = controls.map(([id, kind, at, type, divisor, min, max, unit, readback, offset]) => ({
    id, label: words(id), kind: "control", class: kind, min, max, step: 1, unit, ...(kind === "heat" ? { failsafe: min } : {}),
    source: source(at, type, divisor, offset), ...(readback === undefined ? {} : { readback: source(readback, type, divisor) }),
  }));
  const toggles = switches.map(([id, kind, coil]) => ({
    id, label: words(id), kind: "control", control: "toggle", class: kind, ...(kind === "heat" ? { failsafe: 0 } : {}), source: { register: "coil", address: coil },
  }));
  return { driver, sampling_interval_ms: everyMs, channels: [...read, ...sliders, ...toggles] };
}
