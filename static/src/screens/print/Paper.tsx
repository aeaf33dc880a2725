// What of a roast stands on paper: curve, phases, figures, events, moves of the controls, notes.

import { duration, fixed, rate } from "../../model/format";
import { difference, FIGURES, shown } from "../../model/figures";
import { inWords } from "../../model/lines";
import { inTime } from "../../model/markEdit";
import { at, EVENT_NAMES, type Marks } from "../../model/marks";
import { PHASE_NAMES, phases } from "../../model/phases";
import { marksIn } from "../../model/profileForm";
import { span, temperature, type TempUnit } from "../../model/units";
import type { Curve } from "../../chart/scene";
import { eventMs, type LoadedProfile } from "../../store/reference";
import { settings } from "../../store/settings";
import type { ProfileDocument, ProfileSummary } from "../../wire/types";
import { PaperCurve, type PaperLine } from "../../ui/PaperCurve";
import { useControlNames } from "../profiles/controlNames";
import { EventTable } from "../profiles/EventTable";

const BEFORE_MS = 30_000;
const AFTER_MS = 20_000;
const TEMP_SPAN_C = [40, 260] as const;
const ROR_TOP_C = 30;
const MOVES_SHOWN = 60;

export function Paper({ loaded, reference }: { loaded: LoadedProfile; reference: LoadedProfile | null }) {
  const { document } = loaded;
  const marks = marksIn(document.events);
  return (
    <>
      <SheetCurve loaded={loaded} marks={marks} reference={reference} />
      {reference !== null && <p class="small">Dashed and grey, and after each figure: how it differs from {reference.document.name}.</p>}
      <Phases marks={marks} document={document} />
      <Figures document={document} against={reference?.document ?? null} />
      <div class="sheet-columns">
        <section><h2>Events</h2><EventTable marks={marks} /></section>
        <Moves document={document} originMs={at(marks, "CHARGE") ?? 0} />
      </div>
      {document.notes !== undefined && document.notes !== "" && <section><h2>Notes</h2><p class="notes">{document.notes}</p></section>}
    </>
  );
}

function inUnit(curve: Curve, name: string, convert: (value: number, unit: TempUnit) => number, unit: TempUnit): number[] {
  return Array.from(curve.column(name), (value) => convert(value, unit));
}

function SheetCurve({ loaded, marks, reference }: { loaded: LoadedProfile; marks: Marks; reference: LoadedProfile | null }) {
  const unit = settings.unit.value;
  const { document, series } = loaded;
  const charge = at(marks, "CHARGE");
  const fromMs = Math.max(0, (charge ?? 0) - BEFORE_MS);
  const toMs = Math.min(document.duration_ms, (at(marks, "DROP") ?? document.duration_ms) + AFTER_MS);
  const line = (curve: Curve, name: string, label: string, look: Pick<PaperLine, "colour" | "width" | "dash">, axis: PaperLine["axis"] = "left", shiftMs = 0): PaperLine => ({
    label, axis, ...look, t: Array.from(curve.t, (ms) => ms + shiftMs), values: inUnit(curve, name, axis === "left" ? temperature : span, unit),
  });
  const shiftMs = reference === null ? 0 : (charge ?? 0) - (eventMs(reference.document, "CHARGE") ?? 0);
  const lines = [
    ...(reference === null ? [] : [line(reference.series, "bt", "Ref", { colour: "var(--muted)", width: 1.5, dash: "8 4" }, "left", shiftMs)]),
    line(series, "et", "ET", { colour: "var(--et)", width: 1.5, dash: "" }),
    line(series, "bt_ror", "RoR", { colour: "var(--bt-ror)", width: 1.5, dash: "5 3" }, "right"),
    line(series, "bt", "BT", { colour: "var(--bt)", width: 2.75, dash: "" }),
  ];
  const flags = inTime(marks).filter((mark) => mark.timestamp_ms >= fromMs && mark.timestamp_ms <= toMs)
    .map((mark) => ({ ms: mark.timestamp_ms, text: `${EVENT_NAMES[mark.event_type].short} ${duration(mark.timestamp_ms - (charge ?? 0))}` }));
  return (
    <PaperCurve
      summary={`Roast curve of ${document.name}`} fromMs={fromMs} toMs={toMs} originMs={charge ?? 0} lines={lines} flags={flags}
      left={[temperature(TEMP_SPAN_C[0], unit), temperature(TEMP_SPAN_C[1], unit)]} right={[0, span(ROR_TOP_C, unit)]} leftName={`°${unit}`} rightName={`RoR °${unit}/min`}
    />
  );
}

function Phases({ marks, document }: { marks: Marks; document: ProfileDocument }) {
  const unit = settings.unit.value;
  const ror = document.statistics.bt_ror_by_phase;
  const parts = phases(marks, document.duration_ms);
  if (parts.length === 0) return null;
  return (
    <section>
      <h2>Phases</h2>
      <table>
        <thead><tr><th scope="col">Phase</th><th scope="col" class="number">Time</th><th scope="col" class="number">Share</th><th scope="col" class="number">RoR °{unit}/min</th></tr></thead>
        <tbody>
          {parts.map((phase) => (
            <tr key={phase.name}>
              <th scope="row">{PHASE_NAMES[phase.name]}</th><td class="number">{duration(phase.toMs - phase.fromMs)}</td>
              <td class="number">{fixed(phase.sharePct)} %</td><td class="number">{rate(ror?.[phase.name], unit)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Figures({ document, against }: { document: ProfileSummary; against: ProfileSummary | null }) {
  const unit = settings.unit.value;
  const known = FIGURES.filter((figure) => typeof figure.of(document) === "number");
  return (
    <section>
      <h2>Figures</h2>
      <dl class="sheet-figures">
        {known.map((figure) => (
          <div key={figure.name}>
            <dt>{figure.name}</dt>
            <dd>{shown(figure.measure, figure.of(document), unit)} {against !== null && <span class="delta">{difference(figure.measure, figure.of(document), figure.of(against), unit)}</span>}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** The moves of the controls, in order; so many that two pages hold them. */
function Moves({ document, originMs }: { document: ProfileDocument; originMs: number }) {
  const moves = Object.entries(document.controls).flatMap(([id, list]) => list.map(([ms, value]) => ({ id, ms, value }))).sort((a, b) => a.ms - b.ms);
  const names = useControlNames(document.machine_id).value;
  if (moves.length === 0) return null;
  return (
    <section>
      <h2>Controls</h2>
      <ul class="moves">
        {moves.slice(0, MOVES_SHOWN).map((move, index) => <li key={index}><span>{duration(move.ms - originMs)}</span> {names.get(move.id) ?? inWords(move.id)} {fixed(move.value * 100, 0)} %</li>)}
      </ul>
      {moves.length > MOVES_SHOWN && <p class="small">and {moves.length - MOVES_SHOWN} more</p>}
    </section>
  );
}
