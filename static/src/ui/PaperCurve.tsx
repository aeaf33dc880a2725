// A curve for paper: drawn as shapes, so that any printer shows it sharp. Dashes tell lines apart where there is no colour.

import { rowFor } from "../chart/plugins/flags";
import { duration } from "../model/format";

/** One line; `values` over `t`, null where nothing is. */
export type PaperLine = { label: string; t: ArrayLike<number>; values: ArrayLike<number | null>; colour: string; width: number; dash: string; axis: "left" | "right"; isNamed?: boolean };

type Props = {
  summary: string;
  fromMs: number;
  toMs: number;
  originMs: number;
  left: readonly [number, number];
  right: readonly [number, number];
  rightName: string;
  leftName: string;
  lines: readonly PaperLine[];
  flags: readonly { ms: number; text: string }[];
};

const WIDTH = 1000;
const HEIGHT = 460;
const BOX = { left: 46, top: 64, right: 900, bottom: 424 };
const FLAG_ROWS = 3;
const FLAG_PX = 17;

/** A path over what lies in view; lines are lifted where a value is missing. */
export function pathOf(t: ArrayLike<number>, values: ArrayLike<number | null>, x: (ms: number) => number, y: (value: number) => number): string {
  let path = "";
  let isDown = false;
  let last = -Infinity;
  for (let i = 0; i < t.length; i += 1) {
    const value = values[i];
    if (value === null || value === undefined || Number.isNaN(value)) {
      isDown = false;
      continue;
    }
    const [at, height] = [x(t[i] ?? 0), y(value)];
    if (height > BOX.bottom || height < BOX.top) isDown = false;
    if (height > BOX.bottom || height < BOX.top || at < BOX.left - 0.5 || at > BOX.right + 0.5 || (isDown && at - last < 0.5)) continue;
    path += `${isDown ? "L" : "M"}${at.toFixed(1)} ${height.toFixed(1)}`;
    isDown = true;
    last = at;
  }
  return path;
}

function steps([low, high]: readonly [number, number], step: number): number[] {
  const found: number[] = [];
  for (let value = Math.ceil(low / step) * step; value <= high; value += step) found.push(value);
  return found;
}

export function PaperCurve({ summary, fromMs, toMs, originMs, left, right, leftName, rightName, lines, flags }: Props) {
  const x = (ms: number) => BOX.left + ((ms - fromMs) / Math.max(1, toMs - fromMs)) * (BOX.right - BOX.left);
  const scale = ([low, high]: readonly [number, number]) => (value: number) => BOX.bottom - ((value - low) / (high - low)) * (BOX.bottom - BOX.top);
  const y = { left: scale(left), right: scale(right) };
  const minutes = steps([(fromMs - originMs) / 60_000, (toMs - originMs) / 60_000], toMs - fromMs > 20 * 60_000 ? 5 : 1);
  const ends = placed(lines.filter((line) => line.isNamed !== false).flatMap((line) => endOf(line, y[line.axis], toMs)));
  const rows = flagRows(flags.map((flag) => x(flag.ms)), flags.map((flag) => flag.text.length * 7 + 14));
  return (
    <svg class="paper-curve" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={summary}>
      {steps(left, 40).map((value) => (
        <g key={value}>
          <path class="paper-grid" d={`M${BOX.left} ${y.left(value)}H${BOX.right}`} />
          <text x={BOX.left - 6} y={y.left(value) + 4} text-anchor="end">{value}</text>
        </g>
      ))}
      {right[1] > right[0] && steps(right, 10).map((value) => <text key={value} x={BOX.right + 64} y={y.right(value) + 4} text-anchor="end">{value}</text>)}
      {minutes.map((minute) => (
        <g key={minute}>
          <path class="paper-grid" d={`M${x(minute * 60_000 + originMs)} ${BOX.top}V${BOX.bottom}`} />
          <text x={x(minute * 60_000 + originMs)} y={BOX.bottom + 18} text-anchor="middle">{duration(minute * 60_000)}</text>
        </g>
      ))}
      <text x={BOX.left - 6} y={BOX.bottom + 32} text-anchor="end">{leftName}</text>
      {rightName !== "" && <text x={BOX.right + 64} y={BOX.bottom + 32} text-anchor="end">{rightName}</text>}
      {flags.map((flag, index) => (
        <g key={flag.text}>
          <path class="paper-staff" d={`M${x(flag.ms)} ${(rows[index] ?? 0) * FLAG_PX + 6}V${BOX.bottom}`} />
          <text x={x(flag.ms) + 4} y={(rows[index] ?? 0) * FLAG_PX + 16} font-weight="600">{flag.text}</text>
        </g>
      ))}
      {lines.map((line) => <path key={line.label} d={pathOf(line.t, line.values, x, y[line.axis])} fill="none" stroke={line.colour} stroke-width={line.width} stroke-dasharray={line.dash} />)}
      {ends.map((end) => <text key={end.label} x={Math.min(x(end.ms) + 4, BOX.right + 4)} y={end.y} font-weight="600" fill={end.colour}>{end.label}</text>)}
    </svg>
  );
}

type End = { label: string; colour: string; ms: number; y: number };

function endOf(line: PaperLine, y: (value: number) => number, toMs: number): End[] {
  for (let i = line.t.length - 1; i >= 0; i -= 1) {
    const value = line.values[i];
    if (value !== null && value !== undefined && !Number.isNaN(value) && (line.t[i] ?? 0) <= toMs) return [{ label: line.label, colour: line.colour, ms: line.t[i] ?? 0, y: Math.min(BOX.bottom, y(value)) + 4 }];
  }
  return [];
}

/** Names that would cover one another are pushed apart. */
function placed(ends: End[]): End[] {
  let above = -Infinity;
  return [...ends].sort((a, b) => a.y - b.y).map((end) => {
    above = Math.max(end.y, above + 15);
    return { ...end, y: above };
  });
}

/** The row of each flag: the first in which the one before has ended. */
function flagRows(lefts: readonly number[], widths: readonly number[]): number[] {
  const ends = Array.from({ length: FLAG_ROWS }, () => -Infinity);
  return lefts.map((left, index) => {
    const row = rowFor(ends, left);
    ends[row] = left + (widths[index] ?? 0);
    return row;
  });
}
