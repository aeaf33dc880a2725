// A control and its value, typed as fast as hands can: `b75`, `burner 75`, `drum off`.

/** What is needed of a control. */
export type EntryControl = { id: string; label: string; min: number; max: number; type: string };

/** What was meant: a control and its value from 0 to 1, or what is wrong with it. */
export type Entry = { id: string; value: number } | { fault: string };

const SWITCHES: Record<string, number> = { on: 1, off: 0 };

/** Reads what was typed. The beginning of a control's name is enough where only one begins so. */
export function parseEntry(typed: string, controls: readonly EntryControl[]): Entry {
  const found = /^\s*(\p{L}.*?)\s*(-?\d+(?:[.,]\d+)?|\bon|\boff)?\s*$/iu.exec(typed);
  const name = found?.[1]?.trim().toLowerCase() ?? "";
  const wanted = found?.[2]?.toLowerCase();
  if (name === "") return { fault: `Type the beginning of a control's name and a value, such as ${controls[0]?.label.charAt(0).toLowerCase() ?? "b"}75.` };
  const named = controls.filter(({ id, label }) => id.toLowerCase().startsWith(name) || label.toLowerCase().startsWith(name));
  // A number is meant for a slider, a word for a switch, where both begin alike.
  const fitting = named.filter(({ type }) => wanted !== undefined && (type === "toggle") === wanted in SWITCHES);
  const begins = fitting.length > 0 ? fitting : named;
  const [control] = begins.filter(({ id, label }) => id.toLowerCase() === name || label.toLowerCase() === name).concat(begins);
  if (control === undefined) return { fault: `No control begins with “${name}”: ${controls.map(({ label }) => label).join(", ")}.` };
  if (begins.length > 1 && begins[0] === control && control.id.toLowerCase() !== name && control.label.toLowerCase() !== name) {
    return { fault: `“${name}” may mean ${begins.map(({ label }) => label).join(" or ")}: type more of it.` };
  }
  if (wanted === undefined) return { fault: `${control.label}: which value?` };
  if (control.type === "toggle") {
    const value = SWITCHES[wanted] ?? Number(wanted);
    return value === 0 || value === 1 ? { id: control.id, value } : { fault: `${control.label}: on or off.` };
  }
  const value = Number(wanted.replace(",", "."));
  if (!(value >= control.min && value <= control.max)) return { fault: `${control.label} goes from ${control.min} to ${control.max}.` };
  return { id: control.id, value: (value - control.min) / (control.max - control.min) };
}
