// Where the page is: a hash, so that the daemon needs to know nothing of it.

import { signal } from "@preact/signals";

/** A place in the UI. */
export type Route =
  | { at: "wall" }
  | { at: "machine"; id: string }
  | { at: "new" }
  | { at: "setup"; id: string }
  | { at: "alarms"; id: string }
  | { at: "admin"; part: AdminPart }
  /** Where the link leads that makes the first admin. */
  | { at: "first"; token: string }
  | { at: "sign-in" }
  | { at: "replay"; id: string; profile: string }
  | { at: "programs"; id: string }
  | { at: "program"; id: string; program: string | null }
  | { at: "tasks" }
  | { at: "profiles" }
  | { at: "profile"; id: string }
  | { at: "compare"; ids: string[] }
  | { at: "print"; id: string; against: string | null }
  | { at: "unknown"; hash: string };

/** What admins look after. */
export const ADMIN_PARTS = ["daemon", "users", "tokens", "connected", "audit"] as const;
export type AdminPart = (typeof ADMIN_PARTS)[number];

/** Stands for a program that is still to be kept; no id can be this. */
const NEW_PROGRAM = "+";
/** Most roasts in one comparison: a reference and four others. */
export const COMPARED_MAX = 5;

/** Reads a hash such as `#/m/demo`. */
export function parseRoute(hash: string): Route {
  const [path = "", asked = ""] = hash.replace(/^#\/?/, "").split("?");
  const query = new URLSearchParams(asked);
  const parts = path.split("/").filter((part) => part !== "").map(unescaped);
  const [first, second, third, fourth] = parts;
  if (first === undefined) return { at: "wall" };
  if (first === "m" && second !== undefined && parts.length === 2) return { at: "machine", id: second };
  if (first === "m" && second !== undefined && (third === "setup" || third === "alarms") && parts.length === 3) return { at: third, id: second };
  if ((first === "new" || first === "sign-in") && parts.length === 1) return { at: first };
  if (first === "setup" && parts.length === 1) return { at: "first", token: query.get("token") ?? "" };
  const part = first === "admin" && parts.length <= 2 ? ADMIN_PARTS.find((one) => one === (second ?? "daemon")) : undefined;
  if (part !== undefined) return { at: "admin", part };
  if (first === "m" && second !== undefined && third === "replay" && fourth !== undefined && parts.length === 4) {
    return { at: "replay", id: second, profile: fourth };
  }
  if (first === "m" && second !== undefined && third === "programs" && parts.length <= 4) {
    return fourth === undefined ? { at: "programs", id: second } : { at: "program", id: second, program: fourth === NEW_PROGRAM ? null : fourth };
  }
  if (first === "tasks" && parts.length === 1) return { at: "tasks" };
  if (first === "profiles" && parts.length === 1) return { at: "profiles" };
  if (first === "profiles" && second !== undefined && parts.length === 2) return { at: "profile", id: second };
  if (first === "compare" && parts.length === 1) return { at: "compare", ids: [...new Set((query.get("ids") ?? "").split(",").filter((id) => id !== ""))].slice(0, COMPARED_MAX) };
  if (first === "print" && second !== undefined && parts.length === 2) return { at: "print", id: second, against: query.get("against") };
  return { at: "unknown", hash };
}

function unescaped(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The machine that a place is about, null if it is about none or about all. */
export function machineAt(hash: string): string | null {
  const id = /^#\/m\/([^/]+)/.exec(hash)?.[1];
  return id === undefined ? null : unescaped(id);
}

/** Addresses of places. */
export const link = {
  wall: () => "#/",
  machine: (id: string) => `#/m/${encodeURIComponent(id)}`,
  add: () => "#/new",
  setup: (id: string) => `#/m/${encodeURIComponent(id)}/setup`,
  alarms: (id: string) => `#/m/${encodeURIComponent(id)}/alarms`,
  admin: (part: AdminPart = "daemon") => `#/admin${part === "daemon" ? "" : `/${part}`}`,
  signIn: () => "#/sign-in",
  replay: (id: string, profile: string) => `#/m/${encodeURIComponent(id)}/replay/${encodeURIComponent(profile)}`,
  programs: (id: string) => `#/m/${encodeURIComponent(id)}/programs`,
  /** The editor; null is a new program. */
  program: (id: string, program: string | null) => `#/m/${encodeURIComponent(id)}/programs/${encodeURIComponent(program ?? NEW_PROGRAM)}`,
  tasks: () => "#/tasks",
  profiles: () => "#/profiles",
  profile: (id: string) => `#/profiles/${encodeURIComponent(id)}`,
  compare: (ids: readonly string[]) => `#/compare?ids=${ids.map(encodeURIComponent).join(",")}`,
  print: (id: string, against: string | null = null) => `#/print/${encodeURIComponent(id)}${against === null ? "" : `?against=${encodeURIComponent(against)}`}`,
};

/** Where the page is now. */
export const route = signal<Route>({ at: "wall" });

/** Follows the address bar; called once by the page. */
export function startRouting(): void {
  const follow = () => (route.value = parseRoute(location.hash));
  addEventListener("hashchange", follow);
  follow();
}

/** Goes to a place. */
export function go(hash: string): void {
  location.hash = hash;
}
