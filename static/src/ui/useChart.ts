// A chart for as long as its host is on screen: drawn anew when there is something new, when the unit and when the colours change.

import { useEffect, useRef } from "preact/hooks";
import type { Chart } from "../chart/chart";
import { settings } from "../store/settings";

/** Calls back when there is something new to draw; returns how to end that. */
export type Watch = (redraw: () => void) => (() => void)[];

/** The chart, made once its host is there. */
export function useChart(make: () => Chart | null, watch: Watch): { current: Chart | null } {
  const chart = useRef<Chart | null>(null);
  useEffect(() => {
    const made = make();
    if (made === null) return undefined;
    chart.current = made;
    const restyle = new MutationObserver(() => made.restyle());
    restyle.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    const ends = [...watch(made.request), settings.unit.subscribe(made.request)];
    return () => {
      for (const end of ends) end();
      restyle.disconnect();
      made.destroy();
    };
  }, []);
  return chart;
}
