// The lines of a chart with any number of channels: which there are, what each is measured in, and which two scales show.

import type { ChannelWords } from "./channels";
import { unitSign, type TempUnit } from "./units";

/** A sensor that can be drawn. `scale`: what it shares an axis by; all temperatures share one. */
export type Line = { id: string; label: string; unit: string; group: string; isTemperature: boolean; scale: string };

/** Axes that a chart has room for. */
export const SCALES_MAX = 2;

/** The sensors of a machine in configured order: what readings hold and no control is. */
export function linesOf(readingIds: readonly string[], controlIds: readonly string[], words: readonly (ChannelWords & { group?: string })[]): Line[] {
  const configured = words.map((channel) => channel.id).filter((id) => readingIds.includes(id));
  const others = readingIds.filter((id) => !configured.includes(id));
  return [...configured, ...others].filter((id) => !controlIds.includes(id)).map((id) => {
    const known = words.find((channel) => channel.id === id);
    const unit = known?.unit ?? "";
    const isTemperature = unit === "celsius" || unit === "fahrenheit";
    return { id, label: known?.label ?? inWords(id), unit, group: known?.group ?? "", isTemperature, scale: isTemperature ? "temperature" : unit };
  });
}

/** How a line's unit is written on this device: temperatures come in °C. */
export function signOf(line: Pick<Line, "isTemperature" | "unit">, unit: TempUnit): string {
  return line.isTemperature ? `°${unit}` : unitSign(line.unit);
}

/** What is shown at first: the lines of the first two scales. */
export function firstShown(lines: readonly Line[]): string[] {
  const scales = new Set(scalesOf(lines, lines.map((line) => line.id)).slice(0, SCALES_MAX));
  return lines.filter((line) => scales.has(line.scale)).map((line) => line.id);
}

/** Shows or hides a line. `shown` is in the order in which lines were shown; a third scale sends the oldest away. */
export function toggleLine(lines: readonly Line[], shown: readonly string[], id: string): string[] {
  if (shown.includes(id)) return shown.filter((other) => other !== id);
  const next = [...shown, id];
  const kept = new Set(scalesOf(lines, [...next].reverse()).slice(0, SCALES_MAX));
  return next.filter((other) => kept.has(lines.find((line) => line.id === other)?.scale ?? ""));
}

/** The scales of some lines, in the order of those lines. */
export function scalesOf(lines: readonly Line[], ids: readonly string[]): string[] {
  const scales = ids.flatMap((id) => lines.find((line) => line.id === id)?.scale ?? []);
  return [...new Set(scales)];
}

/** The end points of an axis for values between `low` and `high`: whole steps, never without height. */
export function rangeOf(low: number, high: number): [number, number] {
  if (!Number.isFinite(low) || !Number.isFinite(high)) return [0, 1];
  const rise = Math.max(high - low, Math.abs(high) * 0.02, 1);
  const step = 10 ** Math.floor(Math.log10(rise));
  const [bottom, top] = [Math.floor((low - rise * 0.05) / step) * step, Math.ceil((high + rise * 0.05) / step) * step];
  // A level or a speed that never was below zero has no room there.
  return [low >= 0 ? Math.max(0, bottom) : bottom, top > bottom ? top : bottom + step];
}

/** Channels by their group, in the order in which groups first come. */
export function byGroup<T>(items: readonly T[], groupOf: (item: T) => string): [string, T[]][] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groupOf(item);
    const held = groups.get(group);
    if (held === undefined) groups.set(group, [item]);
    else held.push(item);
  }
  return [...groups];
}

/** An id as a person would write it, where nobody gave it a name. */
export function inWords(id: string): string {
  const words = id.replaceAll("_", " ");
  return (words[0] ?? "").toUpperCase() + words.slice(1);
}

/** A group as a heading. */
export function groupWords(group: string): string {
  return group === "" ? "Controls" : inWords(group);
}

/** A typed number as a share of a control's range; null if it is none or lies outside. */
export function fractionOf({ min, max }: { min: number; max: number }, text: string): number | null {
  const value = Number(text.trim().replace(",", ".").replace("\u2212", "-"));
  if (text.trim() === "" || !Number.isFinite(value) || value < Math.min(min, max) || value > Math.max(min, max) || min === max) return null;
  return (value - min) / (max - min);
}
