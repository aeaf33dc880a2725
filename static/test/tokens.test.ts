import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const css = readFileSync(new URL("../src/styles/tokens.css", import.meta.url), "utf8");
const read = (block: string) => Object.fromEntries([...block.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6})/g)].map(([, name, colour]) => [name ?? "", colour ?? ""]));
const blockOf = (selector: string) => css.slice(css.indexOf(`${selector} {`)).split("}")[0] ?? "";
const light = read(blockOf(":root"));
const themes = {
  light, dark: { ...light, ...read(blockOf(':root[data-theme="dark"]')) }, contrast: { ...light, ...read(blockOf(':root[data-theme="contrast"]')) },
};

type Rgb = [number, number, number];
const rgb = (hex: string): Rgb => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255) as Rgb;
const linear = (hex: string) => rgb(hex).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)) as Rgb;
const luminance = (hex: string) => linear(hex).reduce((sum, c, i) => sum + c * ([0.2126, 0.7152, 0.0722][i] ?? 0), 0);
const contrast = (a: string, b: string) => {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return ((high ?? 0) + 0.05) / ((low ?? 0) + 0.05);
};

/** What a person who lacks one kind of cone sees. Source: Machado, Oliveira, Fernandes 2009, severity 1. */
const CONES: Record<string, number[][]> = {
  normal: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  protan: [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
  deutan: [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
  tritan: [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
};

function lab(hex: string, cones: number[][]): Rgb {
  const seen = cones.map((row) => Math.min(1, Math.max(0, row.reduce((sum, weight, i) => sum + weight * (linear(hex)[i] ?? 0), 0)))) as Rgb;
  const [r, g, b] = seen;
  const f = (t: number) => (t > 216 / 24389 ? Math.cbrt(t) : (24389 / 27) * (t / 116) + 16 / 116);
  const x = f((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.95047);
  const y = f(0.2126 * r + 0.7152 * g + 0.0722 * b);
  const z = f((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.08883);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

/** How different two colours look. Source: Sharma, Wu, Dalal 2005 (CIEDE2000). */
function difference([l1, a1, b1]: Rgb, [l2, a2, b2]: Rgb): number {
  const rad = Math.PI / 180;
  const mean = (Math.hypot(a1, b1) + Math.hypot(a2, b2)) / 2;
  const g = 0.5 * (1 - Math.sqrt(mean ** 7 / (mean ** 7 + 25 ** 7)));
  const [p1, p2] = [a1 * (1 + g), a2 * (1 + g)];
  const [c1, c2] = [Math.hypot(p1, b1), Math.hypot(p2, b2)];
  const hue = (a: number, b: number) => (a === 0 && b === 0 ? 0 : (Math.atan2(b, a) / rad + 360) % 360);
  const [h1, h2] = [hue(p1, b1), hue(p2, b2)];
  let dh = c1 * c2 === 0 ? 0 : h2 - h1;
  if (dh > 180) dh -= 360;
  if (dh < -180) dh += 360;
  let h = h1 + h2;
  if (c1 * c2 !== 0) h = Math.abs(h1 - h2) <= 180 ? h / 2 : (h + (h < 360 ? 360 : -360)) / 2;
  const [l, c] = [(l1 + l2) / 2, (c1 + c2) / 2];
  const dH = 2 * Math.sqrt(c1 * c2) * Math.sin((dh / 2) * rad);
  const t = 1 - 0.17 * Math.cos((h - 30) * rad) + 0.24 * Math.cos(2 * h * rad) + 0.32 * Math.cos((3 * h + 6) * rad) - 0.2 * Math.cos((4 * h - 63) * rad);
  const [sl, sc, sh] = [1 + (0.015 * (l - 50) ** 2) / Math.sqrt(20 + (l - 50) ** 2), 1 + 0.045 * c, 1 + 0.015 * c * t];
  const turn = -Math.sin(60 * Math.exp(-(((h - 275) / 25) ** 2)) * rad) * 2 * Math.sqrt(c ** 7 / (c ** 7 + 25 ** 7));
  const [dl, dc, dhh] = [(l2 - l1) / sl, (c2 - c1) / sc, dH / sh];
  return Math.sqrt(dl ** 2 + dc ** 2 + dhh ** 2 + turn * dc * dhh);
}

it("high contrast keeps its name: text at 15, muted text and every line at 7 or, where the eye follows it, 4.5", () => {
  const of = (token: string) => (themes.contrast as Record<string, string>)[token] ?? "";
  expect(contrast(of("text"), of("surface"))).toBeGreaterThanOrEqual(15);
  for (const token of ["muted", "bt", "et", "accent", "critical", "border"]) expect(contrast(of(token), of("surface")), token).toBeGreaterThanOrEqual(7);
  for (const token of ["bt-ror", "et-ror"]) expect(contrast(of(token), of("surface")), token).toBeGreaterThanOrEqual(4.5);
});

for (const [name, theme] of Object.entries(themes)) {
  const of = (token: string) => {
    const colour = (theme as Record<string, string>)[token];
    if (colour === undefined) throw new Error(`there is no token ${token}`);
    return colour;
  };
  describe(`the ${name} colours`, () => {
    it("make every text readable", () => {
      const pairs = [["text", "bg"], ["text", "surface"], ["text", "raised"], ["text", "selected"], ["muted", "bg"], ["muted", "surface"], ["muted", "raised"], ["accent", "surface"], ["on-accent", "accent"], ["on-critical", "critical"], ["on-warning", "warning"], ["critical", "surface"], ["text", "phase-dry"], ["text", "phase-maillard"]];
      for (const [front = "", back = ""] of pairs) expect(contrast(of(front), of(back)), `${front} on ${back}`).toBeGreaterThanOrEqual(4.5);
    });

    it("make every line and border visible", () => {
      for (const line of ["bt", "et", "bt-ror", "et-ror", "border", "critical", "warning-edge", "accent"]) {
        expect(contrast(of(line), of("surface")), line).toBeGreaterThanOrEqual(3);
      }
    });

    it("keep five compared roasts visible and apart", () => {
      const compared = [0, 1, 2, 3, 4].map((place) => `compare-${place}`);
      for (const line of compared) expect(contrast(of(line), of("surface")), line).toBeGreaterThanOrEqual(3);
      for (const [kind, cones] of Object.entries(CONES)) {
        compared.forEach((a, i) => compared.slice(i + 1).forEach((b) => expect(difference(lab(of(a), cones), lab(of(b), cones)), `${a} and ${b}, ${kind}`).toBeGreaterThanOrEqual(15)));
      }
    });

    it("can be told apart by every kind of eye", () => {
      const shown = ["bt", "et", "bt-ror", "et-ror", "critical", "warning"];
      for (const [kind, cones] of Object.entries(CONES)) {
        shown.forEach((a, i) => shown.slice(i + 1).forEach((b) => expect(difference(lab(of(a), cones), lab(of(b), cones)), `${a} and ${b}, ${kind}`).toBeGreaterThanOrEqual(15)));
      }
    });
  });
}
