// What a list of profiles is narrowed by, as chosen and as asked.

/** As chosen; dates as `2026-03-01`, both included. */
export type ProfileFilter = { text: string; machine: string; from: string; to: string };

export const NO_FILTER: ProfileFilter = { text: "", machine: "", from: "", to: "" };

/** Whether anything is left out. */
export function isNarrowed(filter: ProfileFilter): boolean {
  return Object.values(filter).some((value) => value.trim() !== "");
}

/** Midnight of this device's calendar, `days` after a date; nothing for what is no date. */
function midnight(date: string, days: number): string {
  const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(date) ?? [];
  return day === undefined ? "" : new Date(Number(year), Number(month) - 1, Number(day) + days).toISOString();
}

/** What the daemon is asked. It takes `to` as the first moment that no longer counts. */
export function toQuery(filter: ProfileFilter): { q: string; machine_id: string; from: string; to: string } {
  return { q: filter.text.trim(), machine_id: filter.machine, from: midnight(filter.from, 0), to: midnight(filter.to, 1) };
}
