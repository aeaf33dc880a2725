// The chart of a comparison and what the pointer stands on.

import { useSignal, type ReadonlySignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { CompareChart, type Compared, type CompareHover } from "../../chart/compareChart";
import { duration, rate, temp } from "../../model/format";
import { settings } from "../../store/settings";

type Props = { compared: ReadonlySignal<readonly Compared[]>; withRor: ReadonlySignal<boolean> };

export function ComparePanel({ compared, withRor }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const hover = useSignal<CompareHover | null>(null);
  const unit = settings.unit.value;
  useEffect(() => {
    if (host.current === null) return undefined;
    const picture = () => ({ roasts: compared.peek(), withRor: withRor.peek(), unit: settings.unit.peek() });
    const chart = new CompareChart(host.current, picture(), (next) => (hover.value = next));
    const redraw = () => chart.show(picture());
    const ends = [compared.subscribe(redraw), withRor.subscribe(redraw), settings.unit.subscribe(redraw)];
    const restyle = new MutationObserver(() => chart.show());
    restyle.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    return () => {
      ends.forEach((end) => end());
      restyle.disconnect();
      chart.destroy();
    };
  }, []);
  const at = hover.value;
  return (
    <section class="panel compare-chart" aria-label="Curves" data-testid="compare-chart">
      <div class="chart-host" ref={host} role="img" aria-label={`BT curves of ${compared.value.map((roast) => roast.label).join(", ")}; their figures are in the table`} />
      <p class="small compare-hover">
        {at === null ? <span class="muted">Point at the curves to read them; drag to zoom, double-click for all.</span> : (
          <>
            <b>{duration(at.ms)}</b>
            {compared.value.map((roast, index) => (
              <span key={roast.place}><Swatch place={roast.place} /> {roast.label} {temp(at.values[index]?.bt, unit)} °{unit}{withRor.value && ` · ${rate(at.values[index]?.ror, unit)}`}</span>
            ))}
          </>
        )}
      </p>
    </section>
  );
}

/** A piece of a roast's line: its colour and its dash. */
export function Swatch({ place }: { place: number }) {
  return <svg class={`swatch compare-${place}`} viewBox="0 0 40 8" aria-hidden="true"><path d="M0 4H40" /></svg>;
}
