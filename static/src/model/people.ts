// Who may do what, in words.

import type { DeedView, Me, MeUser, UserRole } from "../wire/types";

/** Roles with what they are for, the lowest first. */
export const ROLES: readonly (readonly [UserRole, string])[] = [
  ["viewer", "Viewer: looks, and STOP"], ["operator", "Operator: steers and saves"], ["admin", "Admin: changes machines and lets others in"],
  ["controller", "Controller: a program that sends readings"],
];

/** Whether somebody is an admin, perhaps of some machines only. */
export function isAdmin(user: MeUser | null | undefined): boolean {
  return user?.role === "admin";
}

/** Whether somebody may change machines and let others in. Who is limited to some machines could give themselves the rest. */
export function isAdminOfAll(user: MeUser | null | undefined): boolean {
  return isAdmin(user) && user?.machines === null;
}

/** Whether somebody may order anything of a machine. Until it is known who they are, it is the daemon that refuses. */
export function maySteer(user: MeUser | null | undefined, machine: string): boolean {
  return user === null || user === undefined || ((user.role === "operator" || isAdmin(user)) && (user.machines?.includes(machine) ?? true));
}

/** Machines by name, or that it is all of them. */
export function machinesWords(machines: readonly string[] | null, nameOf: (id: string) => string): string {
  if (machines === null) return "all machines";
  return machines.length === 0 ? "no machine" : machines.map(nameOf).join(", ");
}

/** What a person must be told whose rights are others than before; null where nothing was taken or given, or it is another person. */
export function changeWords(before: Me | null, now: Me, nameOf: (id: string) => string): string | null {
  const [was, is] = [before?.user, now.user];
  if (!was || !is || was.email !== is.email || (was.role === is.role && String(was.machines) === String(is.machines))) return null;
  return `An admin changed what you may do. You are ${/^[ao]/.test(is.role) ? "an" : "a"} ${is.role} of ${machinesWords(is.machines, nameOf)} now.`;
}

/** A value that something was or became, in a line: `burner 0.4, air 0.2`. */
export function valueWords(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (typeof value !== "object") return String(value);
  if (Array.isArray(value)) return value.map(valueWords).join(" ");
  return Object.entries(value).filter(([, held]) => held !== null).map(([key, held]) => `${key} ${valueWords(held)}`).join(", ");
}

/** What was done, in words: `control burner 0.4 → burner 0.5`. */
export function deedWords({ action, old, new: now }: DeedView): string {
  const [before, after] = [valueWords(old), valueWords(now)];
  const change = before === "" ? after : after === "" ? `was ${before}` : `${before} → ${after}`;
  return `${action.replaceAll("_", " ")}${change === "" ? "" : `: ${change}`}`;
}
