// Units. The daemon speaks °C; what a device shows is that device's choice.

/** What temperatures are shown in. */
export type TempUnit = "C" | "F";

/** A temperature in the shown unit. */
export function temperature(celsius: number, unit: TempUnit): number {
  return unit === "C" ? celsius : celsius * 1.8 + 32;
}

/** A difference or a rate in the shown unit: scaled, without the offset. */
export function span(celsius: number, unit: TempUnit): number {
  return unit === "C" ? celsius : celsius * 1.8;
}

/** How a channel's unit is written beside a number. */
export function unitSign(unit: string): string {
  switch (unit) {
    case "celsius":
      return "°C";
    case "fahrenheit":
      return "°F";
    case "percent":
      return "%";
    default:
      return unit;
  }
}
