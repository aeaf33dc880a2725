// The form of a register scan, the arguments it makes, and where each fault of them belongs.

import type { ProblemField } from "../wire/types";

/** The form as typed. */
export type ScanForm = { host: string; port: string; unit: string; table: string; from: string; to: string };

/** The tables of a device. */
export const TABLES: readonly [string, string][] = [["holding", "holding"], ["input", "input"], ["coil", "coils"], ["discrete", "discrete inputs"]];

const FIELDS: Record<string, keyof ScanForm> = {
  "/kwargs/driver/host": "host", "/kwargs/driver/port": "port", "/kwargs/driver/unit_id": "unit", "/kwargs/table": "table", "/kwargs/from": "from", "/kwargs/to": "to",
};

function number(text: string): number | string {
  return text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text;
}

/** The arguments; what is no number goes as it was typed, and the daemon says what would be right. */
export function scanArguments({ host, port, unit, table, from, to }: ScanForm): Record<string, unknown> {
  return { driver: { type: "modbus_tcp", host: host.trim(), port: number(port), unit_id: number(unit) }, table, from: number(from), to: number(to) };
}

/** Brings what the daemon found to the fields. */
export function faultsOfScan(errors: readonly ProblemField[]): Partial<Record<keyof ScanForm | "form", string>> {
  const faults: Partial<Record<keyof ScanForm | "form", string>> = {};
  for (const { pointer, detail } of errors) {
    const field = FIELDS[pointer];
    const text = field === undefined ? `${pointer} ${detail}` : detail;
    const key = field ?? "form";
    faults[key] = faults[key] === undefined ? text : `${faults[key]}; ${text}`;
  }
  return faults;
}
