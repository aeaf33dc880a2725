// The order of the machines on the wall, as a person put them. Machines that came later stand behind the rest, as the house has them.

/** `items` in a kept order. */
export function ordered<T extends { id: string }>(items: readonly T[], order: readonly string[]): T[] {
  const place = (item: T) => {
    const at = order.indexOf(item.id);
    return at < 0 ? order.length : at;
  };
  return [...items].sort((a, b) => place(a) - place(b));
}

/** The order of `ids` after one of them moved by so many places; it stops at the ends. */
export function moved(ids: readonly string[], id: string, by: number): string[] {
  const from = ids.indexOf(id);
  if (from < 0) return [...ids];
  const left = ids.filter((other) => other !== id);
  left.splice(Math.min(left.length, Math.max(0, from + by)), 0, id);
  return left;
}
