// The session's buttons and the events of the roast.

import { duration, NO_VALUE, temp } from "../../model/format";
import { at, EVENT_NAMES, IN_ORDER, MARKABLE, nextExpected } from "../../model/marks";
import { canSend } from "../../link/state";
import { settings } from "../../store/settings";
import { tick } from "../../store/ticker";
import type { MachineStore } from "../../store/machine";
import type { EventType, RoastEvent } from "../../wire/types";
import { Icon } from "../../ui/Icon";
import { useHouse } from "../../ui/house";
import { isLocked } from "./Controls";

const REFUSAL_SHOWN_MS = 8_000;
/** Events that not every roast has share a row. */
const NARROW: ReadonlySet<EventType> = new Set<EventType>(["FCe", "SCs", "SCe"]);

/** DROP keeps its distance from what is pressed often. */
function placeOf(type: EventType): string {
  if (NARROW.has(type)) return "narrow";
  return type === "DROP" ? "apart" : type === "COOL" ? "last" : "";
}

export function EventPanel({ machine }: { machine: MachineStore }) {
  const marks = machine.events.marks.value;
  const state = machine.session.state.value;
  const undoable = machine.events.undoable.value;
  const locked = isLocked(machine, useHouse().me.value);
  const isOpen = canSend(machine.link.value) && state === "recording" && !locked;
  const next = state === "recording" ? nextExpected(marks) : null;
  const origin = at(marks, "CHARGE") ?? 0;
  return (
    <aside class="event-panel" aria-label="Session and events">
      <SessionButtons machine={machine} isLocked={locked} />
      <ol class="event-list">
        {IN_ORDER.map((type) => {
          const mark = marks.get(type);
          // Its room is kept: nothing may move under a finger when it is found.
          if (type === "TP") return <li key={type} class="wide"><TurningPoint mark={mark} origin={origin} /></li>;
          return (
            <li key={type} class={placeOf(type)}>
              <EventButton type={type} mark={mark} origin={origin} isNext={next === type} isOpen={isOpen} onPress={() => machine.mark(type)} />
            </li>
          );
        })}
      </ol>
      <button type="button" class="button" disabled={undoable === null} data-testid="undo" onClick={() => machine.undo()}>
        <Icon name="undo" /> {undoable === null ? "Undo" : `Undo ${EVENT_NAMES[undoable].short}`}
      </button>
      <Refusal machine={machine} />
    </aside>
  );
}

/** Why what was pressed here was not done. Under the buttons, so that none of them moves. */
function Refusal({ machine }: { machine: MachineStore }) {
  const notice = machine.session.notices.value[0];
  if (notice === undefined || notice.about === null || !/^(?:start|stop|mark|unmark)_/.test(notice.about) || tick.value - notice.atMs > REFUSAL_SHOWN_MS) return null;
  return <p class="fault" data-testid="refusal-session"><Icon name="triangle" /> {notice.message}</p>;
}

/** One step of the session at a time. `end`: what ends a recording. */
export function SessionButtons({ machine, isLocked, end = "End roast" }: { machine: MachineStore; isLocked: boolean; end?: string }) {
  const state = machine.session.state.value;
  const isReady = canSend(machine.link.value) && !isLocked && machine.session.connection.value.driver_state === "connected";
  const isOpen = canSend(machine.link.value) && !isLocked;
  const button = (label: string, icon: "record" | "stop" | "play", action: Parameters<MachineStore["command"]>[0], enabled: boolean, primary: boolean) => (
    <button type="button" class={`button large grow ${primary ? "primary" : ""}`} disabled={!enabled} data-testid={action.action} onClick={() => machine.command(action)}>
      <Icon name={icon} /> {label}
    </button>
  );
  return (
    <div class="row">
      {(state === "idle" || state === "finished") && button("Monitor", "play", { action: "start_monitoring" }, isReady, state === "idle")}
      {state === "monitoring" && button("Record", "record", { action: "start_recording" }, isReady, true)}
      {state === "monitoring" && button("End", "stop", { action: "stop_monitoring" }, isOpen, false)}
      {state === "recording" && button(end, "stop", { action: "stop_recording" }, isOpen, false)}
    </div>
  );
}

type ButtonProps = { type: EventType; mark: RoastEvent | undefined; origin: number; isNext: boolean; isOpen: boolean; onPress: () => void };

function EventButton({ type, mark, origin, isNext, isOpen, onPress }: ButtonProps) {
  const key = (MARKABLE as readonly EventType[]).indexOf(type) + 1;
  return (
    <button
      type="button" class={`event-button ${mark === undefined ? "" : "set"} ${isNext ? "next" : ""}`}
      disabled={!isOpen} title={EVENT_NAMES[type].long} data-testid={`mark-${type}`} data-source={mark === undefined ? "" : mark.auto_detected ? "auto" : "manual"} onClick={onPress}
    >
      <span class="key" aria-hidden="true">{key}</span>
      <span class="label">{EVENT_NAMES[type].short}</span>
      <span class="note small">{mark === undefined ? (isNext ? "next" : "") : <Source mark={mark} />}</span>
      {mark !== undefined && (NARROW.has(type) ? <span class="detail">{duration(mark.timestamp_ms - origin)}</span> : <Detail mark={mark} origin={origin} />)}
    </button>
  );
}

function TurningPoint({ mark, origin }: { mark: RoastEvent | undefined; origin: number }) {
  if (mark === undefined) return <p class="small muted">Turning point {NO_VALUE}</p>;
  return (
    <p class="small muted" data-testid="mark-TP">
      Turning point <Detail mark={mark} origin={origin} />
    </p>
  );
}

function Detail({ mark, origin }: { mark: RoastEvent; origin: number }) {
  const unit = settings.unit.value;
  return (
    <span class="detail">
      {duration(mark.timestamp_ms - origin)} · {temp(mark.bt_at_event, unit)} °{unit}
    </span>
  );
}

function Source({ mark }: { mark: RoastEvent }) {
  return <span>{mark.auto_detected ? (mark.provisional ? "auto ?" : "auto") : "manual"}</span>;
}
