// The chart of a comparison and what the pointer stands on.

import { useSignal, type ReadonlySignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { compareChart, type Compared, type CompareHover } from "../../chart/compareChart";
import { duration, rate, temp } from "../../model/format";
import { settings } from "../../store/settings";
import { useChart } from "../../ui/useChart";

type Props = { compared: ReadonlySignal<readonly Compared[]>; withRor: ReadonlySignal<boolean> };

export function ComparePanel({ compared, withRor }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const hover = useSignal<CompareHover | null>(null);
  const unit = settings.unit.value;
  useChart(
    () => host.current && compareChart(host.current, () => ({ roasts: compared.peek(), withRor: withRor.peek(), unit: settings.unit.peek() }), (next) => (hover.value = next)),
    (redraw) => [compared.subscribe(redraw), withRor.subscribe(redraw)],
  );
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
