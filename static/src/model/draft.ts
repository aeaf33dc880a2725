// A document that is being edited: read and changed by JSON pointer, the same pointers that the daemon tells faults at.

/** A JSON object. */
export type Doc = { [key: string]: unknown };

/** Faults by JSON pointer; the empty pointer is the document as a whole. */
export type Faults = ReadonlyMap<string, string>;

const parts = (pointer: string): string[] => pointer.split("/").slice(1);
const isObject = (value: unknown): value is Doc => typeof value === "object" && value !== null;

/** The value at a place; undefined where there is none. */
export function at(doc: unknown, pointer: string): unknown {
  return parts(pointer).reduce<unknown>((value, key) => (isObject(value) ? value[key] : undefined), doc);
}

/** A list at a place; empty where there is none. */
export function listAt(doc: unknown, pointer: string): Doc[] {
  const list = at(doc, pointer);
  return Array.isArray(list) ? (list as Doc[]) : [];
}

/** The document with another value at a place. `undefined` takes it away, and the objects with it that it leaves empty. */
export function put<T>(doc: T, pointer: string, value: unknown): T {
  return changed(doc, parts(pointer), value) as T;
}

function changed(value: unknown, [key, ...rest]: string[], to: unknown): unknown {
  if (key === undefined) return to;
  if (Array.isArray(value)) {
    const list: unknown[] = [...(value as unknown[])];
    const next = changed(list[Number(key)], rest, to);
    if (next === undefined) list.splice(Number(key), 1);
    else list[Number(key)] = next;
    return list;
  }
  const object = isObject(value) ? { ...value } : {};
  const next = changed(object[key], rest, to);
  const isLeftEmpty = rest.length > 0 && to === undefined && isObject(next) && Object.keys(next).length === 0;
  if (next === undefined || isLeftEmpty) delete object[key];
  else object[key] = next;
  return object;
}

/** How a value is typed. */
export type Kind = "text" | "number" | "seconds" | "flag" | "limit" | "failsafe";

/** A value as it stands in its field. */
export function shown(value: unknown, kind: Kind): string {
  if (kind === "limit" && (value === null || value === false)) return "off";
  if (kind === "seconds" && typeof value === "number") return String(value / 1000);
  return value === undefined || value === null ? "" : String(value);
}

/** What was typed, as a number where it is one, else as it was typed: the daemon says best what is wrong with it. */
export function read(text: string, kind: Kind): unknown {
  const plain = text.trim();
  if (plain === "") return undefined;
  if (kind === "text") return text;
  if (kind === "flag") return plain === "true";
  if (kind === "limit" && plain.toLowerCase() === "off") return null;
  const value = Number(plain.replace(",", "."));
  if (!Number.isFinite(value)) return kind === "failsafe" ? plain.toLowerCase() : plain;
  return kind === "seconds" ? Math.round(value * 1000) : value;
}

/** A slug made from a name: what an id may be. */
export function slug(name: string): string {
  const plain = name.normalize("NFKD").replaceAll(/\p{M}/gu, "").toLowerCase();
  return plain.replaceAll(/[^a-z0-9]+/g, "-").replaceAll(/^-+|-+$/g, "").slice(0, 64);
}

/** An id as people read it, as the daemon does: what is as short as `bt` is an abbreviation. */
export function inWords(id: string): string {
  return id.length <= 2 ? id.toUpperCase() : id.charAt(0).toUpperCase() + id.slice(1).replaceAll(/[_.-]/g, " ");
}

/** What a channel is called: its label, or its id in words. */
export function labelOf(channel: unknown): string {
  const label = at(channel, "/label");
  return typeof label === "string" && label !== "" ? label : inWords(String(at(channel, "/id") ?? ""));
}

/** The first of `word`, `word-2`, … that is not taken. */
export function free(word: string, taken: readonly unknown[]): string {
  for (let n = 1; ; n += 1) {
    const id = n === 1 ? word : `${word}-${n}`;
    if (!taken.includes(id)) return id;
  }
}

/** Faults of a list with one of its items gone: those of the later ones move up with them. */
export function without(faults: Faults, list: string, index: number): Faults {
  const next = new Map<string, string>();
  for (const [pointer, detail] of faults) {
    const [item, ...rest] = pointer.startsWith(`${list}/`) ? pointer.slice(list.length + 1).split("/") : [];
    const at = Number(item);
    if (item === undefined || at < index) next.set(pointer, detail);
    else if (at > index) next.set([list, at - 1, ...rest].join("/"), detail);
  }
  return next;
}
