// The chart's colours, read from the same tokens as everything else on the page.

/** Colours of a chart. */
export type ChartTheme = Record<
  "surface" | "text" | "muted" | "grid" | "border" | "bt" | "et" | "btRor" | "etRor" | "dry" | "maillard" | "dev" | "accent",
  string
> & {
  font: string;
  /** Colours of lines that have no meaning of their own. */
  lines: readonly string[];
};

/** Reads the tokens that hold for an element now. */
export function readTheme(element: Element): ChartTheme {
  const style = getComputedStyle(element);
  const token = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return {
    surface: token("surface"), text: token("text"), muted: token("muted"), grid: token("grid"), border: token("border"),
    bt: token("bt"), et: token("et"), btRor: token("bt-ror"), etRor: token("et-ror"),
    dry: token("phase-dry"), maillard: token("phase-maillard"), dev: token("phase-dev"), accent: token("accent"),
    font: style.fontFamily, lines: [0, 1, 2, 3, 4].map((k) => token(`compare-${k}`)),
  };
}

/** A pattern of slanted lines for spans without readings, on a canvas whose unit is a CSS px. */
export function hatch(ctx: CanvasRenderingContext2D, colour: string): CanvasPattern | string {
  const size = 10 * devicePixelRatio;
  const tile = document.createElement("canvas");
  tile.width = tile.height = size;
  const pen = tile.getContext("2d");
  if (pen === null) return colour;
  pen.strokeStyle = colour;
  pen.lineWidth = 1.5 * devicePixelRatio;
  for (const shift of [-size, 0, size]) {
    pen.moveTo(shift, size);
    pen.lineTo(shift + size, 0);
  }
  pen.stroke();
  const pattern = ctx.createPattern(tile, "repeat");
  pattern?.setTransform({ a: 1 / devicePixelRatio, d: 1 / devicePixelRatio });
  return pattern ?? colour;
}
