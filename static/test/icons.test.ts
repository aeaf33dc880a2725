import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

const read = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");

it("every icon that has a name is drawn in the page, and none beside", () => {
  const named = [...read("../src/ui/Icon.tsx").matchAll(/\| "(\w+)"/g)].map(([, name]) => name);
  const drawn = [...read("../index.html").matchAll(/<symbol id="i-(\w+)"/g)].map(([, name]) => name);
  expect(named.length).toBeGreaterThan(30);
  expect(drawn).toEqual(named);
});
