import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { describe, expect, it } from "vitest";

const SRC = new URL("../src", import.meta.url).pathname;
/** A folder may import from its own and from those named. Nothing imports upwards. */
const FLOORS: Record<string, string[]> = {
  wire: [],
  model: ["wire"],
  link: ["model", "wire"],
  store: ["link", "model", "wire"],
  platform: ["store", "model"],
  chart: ["store", "model", "wire"],
  ui: ["chart", "store", "link", "model", "wire"],
  screens: ["ui", "chart", "platform", "store", "link", "model", "wire"],
};

const walk = (dir: string): string[] =>
  readdirSync(dir).flatMap((name) => {
    const path = join(dir, name);
    return statSync(path).isDirectory() ? walk(path) : [path];
  });
const sources = walk(SRC).filter((path) => /\.tsx?$/.test(path));
const floorOf = (path: string) => relative(SRC, path).split("/")[0] ?? "";
const importsOf = (path: string) => [...readFileSync(path, "utf8").matchAll(/(?:from|import\()\s*"(\.[^"]+)"/g)].map(([, to]) => normalize(join(dirname(path), to ?? "")));

describe("the floors of the client", () => {
  it("no file imports from a floor above its own", () => {
    const upward = sources.flatMap((path) => {
      const own = floorOf(path);
      const allowed = FLOORS[own];
      if (allowed === undefined) return [];
      return importsOf(path).filter((to) => ![own, ...allowed].includes(floorOf(to))).map((to) => `${relative(SRC, path)} imports ${relative(SRC, to)}`);
    });
    expect(upward).toEqual([]);
    expect(sources.length).toBeGreaterThan(50);
  });

  it("the model touches neither the page nor the clock", () => {
    for (const path of sources.filter((file) => floorOf(file) === "model")) {
      expect(readFileSync(path, "utf8"), path).not.toMatch(/\b(?:document|window|performance|Date\.now|setTimeout|fetch)\b[.(]/);
    }
  });

  it("no source reaches for another host", () => {
    for (const path of [...sources, join(SRC, "../index.html"), ...walk(join(SRC, "styles"))]) {
      expect(readFileSync(path, "utf8"), path).not.toMatch(/https?:\/\/(?!www\.w3\.org)/);
    }
  });
});
