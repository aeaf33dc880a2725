// The few figures of the daemon's metrics page that people look at.

/** The values of a family by machine; the empty key is the value without a machine. */
export function family(text: string, name: string): Map<string, number> {
  const values = new Map<string, number>();
  for (const line of text.split("\n")) {
    const found = /^(\w+)(?:\{machine="([^"]*)"\})? (\S+)$/.exec(line);
    if (found?.[1] === name && Number.isFinite(Number(found[3]))) values.set(found[2] ?? "", Number(found[3]));
  }
  return values;
}
