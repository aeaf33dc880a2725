// The comparison's curves for paper; on screen the chart stands in their place.

import { DASHES, onOneAxis, type Compared } from "../../chart/compareChart";
import type { AlignBy } from "../../model/align";
import { span, temperature, type TempUnit } from "../../model/units";
import { PaperCurve, type PaperLine } from "../../ui/PaperCurve";

type Props = { compared: readonly Compared[]; withRor: boolean; unit: TempUnit; by: AlignBy };

export function ComparePaper({ compared, withRor, unit, by }: Props) {
  if (compared.length === 0) return null;
  const { grid, bt, ror } = onOneAxis(compared);
  const line = (roast: Compared, name: string, values: (number | null)[], axis: "left" | "right"): PaperLine => ({
    label: name, t: grid, values, axis, colour: `var(--compare-${roast.place})`, width: axis === "left" ? 2.5 : 1.25, isNamed: axis === "left", dash: (DASHES[roast.place] ?? []).join(" "),
  });
  const lines = compared.flatMap((roast, i) => [
    line(roast, roast.label, (bt[i] ?? []).map((v) => (v === null ? null : temperature(v, unit))), "left"),
    ...(withRor ? [line(roast, `${roast.label} RoR`, (ror[i] ?? []).map((v) => (v === null ? null : span(v, unit))), "right")] : []),
  ]);
  return (
    <div class="paper-only">
      <PaperCurve
        summary={`Curves aligned by ${by}`} fromMs={grid[0] ?? 0} toMs={grid.at(-1) ?? 1} originMs={0} lines={lines} flags={[{ ms: 0, text: by }]}
        left={[temperature(40, unit), temperature(240, unit)]} right={[0, span(30, unit)]} leftName={`BT °${unit}`} rightName={withRor ? `RoR °${unit}/min` : ""}
      />
    </div>
  );
}
