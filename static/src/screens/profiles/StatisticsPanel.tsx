// The figures of a roast.

import { duration, fixed, rate, temp } from "../../model/format";
import { settings } from "../../store/settings";
import type { Statistics } from "../../wire/types";

export function StatisticsPanel({ statistics: s }: { statistics: Statistics }) {
  const unit = settings.unit.value;
  const ror = s.bt_ror_by_phase;
  const rows: [string, string][] = [
    ["Total", duration(s.total_ms)],
    ["Drying", `${duration(s.drying_ms)} · ${fixed(s.drying_pct, 0)} %`],
    ["Maillard", `${duration(s.maillard_ms)} · ${fixed(s.maillard_pct, 0)} %`],
    ["Development", `${duration(s.development_ms)} · ${fixed(s.dtr_pct)} %`],
    ["Turning point", `${duration(s.tp_ms)} · ${temp(s.tp_bt, unit)} °${unit}`],
    ["Highest ET", `${temp(s.max_et, unit)} °${unit}`],
    ["AUC", `${fixed(s.auc, 0)} °C·min`],
    ["Weight loss", `${fixed(s.weight_loss_pct)} %`],
    ["RoR by phase", [ror?.drying, ror?.maillard, ror?.development].map((value) => rate(value, unit)).join(" · ")],
  ];
  return (
    <dl class="stats" data-testid="statistics">
      {rows.map(([name, text]) => (
        <div key={name} class="panel">
          <dt>{name}</dt>
          <dd>{text}</dd>
        </div>
      ))}
    </dl>
  );
}
