// A roast chart with its lanes and tools. Data goes from the stores to the canvas without passing through here.

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";
import { roastChart, type Hover } from "../chart/roastChart";
import type { Scene, Zoom } from "../chart/scene";
import { duration, rate, temp } from "../model/format";
import { EVENT_NAMES } from "../model/marks";
import { settings } from "../store/settings";
import { ChartFrame, type ChartHandle, type Choice } from "./ChartFrame";
import { CurveTable } from "./CurveTable";
import type { Watch } from "./useChart";

type Props = {
  scene: () => Scene;
  isLive: () => boolean;
  watch: Watch;
  summary: string;
  /** A tap on the curve, at a moment of its clock. */
  onTap?: (ms: number) => void;
  onReady?: (handle: ChartHandle) => void;
  tools?: ComponentChildren;
};

const ALL: Zoom = { kind: "all" };
const ZOOMS: Choice[] = [["1 min", { kind: "last", ms: 60_000 }], ["5 min", { kind: "last", ms: 300_000 }], ["All", ALL]];
/** A mark this near to the pointer is named beside the readings. Unit: ms. */
const NEAR_MS = 5_000;

export function ChartPanel({ scene, isLive, watch, summary, onTap, onReady, tools }: Props) {
  const latest = useRef({ scene, isLive, onTap });
  latest.current = { scene, isLive, onTap };
  const hover = useSignal<Hover | null>(null);
  return (
    <ChartFrame
      label="Roast curve" summary={summary} zooms={ZOOMS} first={ALL} isLive={isLive} watch={watch} onReady={onReady} tools={tools}
      make={(host, lanes, onZoom) => roastChart(host, lanes, {
        onZoom, scene: () => latest.current.scene(), isLive: () => latest.current.isLive(), onHover: (next) => (hover.value = next), onTap: (ms) => latest.current.onTap?.(ms),
      })}
      hover={hover.value !== null && <HoverText hover={hover.value} scene={scene()} />}
      table={(close) => <Table scene={scene()} onClose={close} />}
    />
  );
}

function Table({ scene: { curve, unit, originMs, nowMs }, onClose }: { scene: Scene; onClose: () => void }) {
  const degrees = (value: number | undefined) => temp(value, unit);
  return (
    // A machine goes on reporting after its roast has ended; the chart ends there, and so does its table.
    <CurveTable
      title="Curve as a table" curve={curve} originMs={originMs} untilMs={nowMs} onClose={onClose}
      columns={[{ name: "bt", head: `BT °${unit}`, say: degrees }, { name: "et", head: `ET °${unit}`, say: degrees }, { name: "bt_ror", head: `RoR °${unit}/min`, say: (value) => rate(value, unit) }]}
    />
  );
}

function HoverText({ hover, scene }: { hover: Hover; scene: Scene }) {
  const unit = settings.unit.value;
  const { bt, et, bt_ror } = hover.values;
  const mark = scene.events.find((event) => Math.abs(event.timestamp_ms - hover.ms) < NEAR_MS);
  return (
    <>
      {mark !== undefined && <b>{EVENT_NAMES[mark.event_type].short}{mark.auto_detected ? " (auto)" : ""} · </b>}
      {duration(hover.ms - scene.originMs)} · BT {temp(bt, unit)} · RoR {rate(bt_ror, unit)} · ET {temp(et, unit)}
    </>
  );
}
