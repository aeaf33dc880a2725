// The channels of a machine that is no roaster, as lines of a plain list.

import { fixed, NO_VALUE, temp } from "./format";
import { inWords } from "./lines";
import { unitSign, type TempUnit } from "./units";

/** What is known of a channel beside its value, as the machine's configuration has it. */
export type ChannelWords = { id: string; label?: string; unit?: string };
/** What a list needs of a control: a toggle's and a slider's value is a share of its range. */
export type ControlWords = { id: string; label: string; isToggle: boolean; min: number; max: number; unit: string; value: number | null };
/** A line: what people call the channel, its number, its unit. */
export type ChannelLine = { id: string; label: string; text: string; sign: string };

/** Sensors first, then controls; temperatures come in °C and are shown in `unit`. */
export function channelLines(
  sensors: { [id in string]: number | null }, controls: ControlWords[], words: ChannelWords[], unit: TempUnit,
): ChannelLine[] {
  const sensorLines = Object.entries(sensors).map(([id, value]) => {
    const known = words.find((channel) => channel.id === id);
    const label = known?.label ?? inWords(id);
    const isTemperature = known?.unit === "celsius" || known?.unit === "fahrenheit";
    return { id, label, text: isTemperature ? temp(value, unit) : fixed(value), sign: isTemperature ? `°${unit}` : unitSign(known?.unit ?? "") };
  });
  const controlLines = controls.map(({ id, label, isToggle, min, max, unit: own, value }) => {
    if (isToggle) return { id, label, text: value === null ? NO_VALUE : value >= 0.5 ? "on" : "off", sign: "" };
    return { id, label, text: fixed(value === null ? null : min + value * (max - min)), sign: unitSign(own) };
  });
  return [...sensorLines, ...controlLines];
}
