import { describe, expect, it } from "vitest";
import { alarmDetails, firstCause, waitsForRearm } from "../src/model/alarmWords";
import { alarmSentence } from "../src/model/rules";
import { AlarmsStore } from "../src/store/alarms";
import type { Alarm } from "../src/wire/types";

const NOW = Date.parse("2026-03-02T09:00:00Z");
const alarm = (change: Partial<Alarm> = {}): Alarm => ({
  alarm_id: "high_bt", message: "BT above 230 °C", severity: "warning", timestamp_ms: 61_000, bt: null, et: null, occurrence: 5, latched: false,
  alarm_state: "unacked", raised_at: null, acked_by: null, count: 1, first_cause: null, shelved_until: null, ...change,
});

describe("what is said of an alarm", () => {
  it("tells since when, and no more where there is no more", () => {
    expect(alarmDetails(alarm(), [], NOW)).toBe("not acknowledged · raised at 1:01 of the session");
  });

  it("tells who acknowledged, how often it came and that it waits to be re-armed", () => {
    const told = alarmDetails(alarm({ alarm_state: "acked", acked_by: "Anna", count: 12, latched: true }), [], NOW);
    expect(told).toContain("acknowledged by Anna");
    expect(told).toContain("came 12 times");
    expect(told).toContain("until somebody re-arms");
    expect(waitsForRearm(alarm({ alarm_state: "acked", latched: true }))).toBe(true);
    expect(waitsForRearm(alarm({ latched: true }))).toBe(false);
  });

  it("counts down the time on the shelf", () => {
    const shelved = (shelved_until: string | null) => alarmDetails(alarm({ alarm_state: "shelved", shelved_until }), [], NOW);
    expect(shelved("2026-03-02T09:11:01Z")).toContain("comes back in 12 min");
    expect(shelved("2026-03-02T09:00:10Z")).toContain("within a minute");
    expect(shelved("2026-03-02T08:00:00Z")).toContain("within a minute");
    expect(shelved(null)).toContain("within an hour");
  });

  it("names what began a flood by its words, or by its id when it is over", () => {
    const late = alarm({ first_cause: "driver_lost" });
    expect(firstCause(late, [alarm({ alarm_id: "driver_lost", message: "The link is lost" })])).toBe("The link is lost");
    expect(firstCause(late, [])).toBe("driver lost");
    expect(firstCause(alarm(), [])).toBeNull();
  });

  it("takes a frame with no more than the documented fields", () => {
    const store = new AlarmsStore();
    const { alarm_id, message, severity, timestamp_ms, bt, et } = alarm();
    store.set({ alarm_id, message, severity, timestamp_ms, bt, et } as Alarm);
    expect(store.active.value.map((held) => [alarmDetails(held, [], NOW), firstCause(held, [])])).toEqual([["not acknowledged · raised at 1:01 of the session", null]]);
  });
});

describe("order in a flood", () => {
  it("puts what began it before what it brought", () => {
    const store = new AlarmsStore();
    for (let i = 0; i < 50; i += 1) store.set(alarm({ alarm_id: `rule-${i}`, occurrence: 10 + i, first_cause: "driver_lost" }));
    store.set(alarm({ alarm_id: "driver_lost", occurrence: 9 }));
    expect(store.active.value[0]?.alarm_id).toBe("driver_lost");
  });
});

describe("an alarm in a sentence", () => {
  const channels = [{ id: "bt", label: "BT", unit: "°C", isControl: false }, { id: "burner", label: "Burner", unit: "%", isControl: true }];

  it("speaks of rates, of several conditions, of when it holds and of what it does", () => {
    expect(alarmSentence({
      id: "run-away", severity: "critical",
      when: { channel: "bt", of: "rate", above: 25, and: [{ channel: "burner", at_least: 10 }], after: "FCs", during: ["recording"] },
      actions: [{ stop: true }, { mark: "DROP" }, { set: { channel: "burner", to: 0 } }],
    }, channels)).toBe("When the rate of BT is above 25 °C/min and Burner is at least 10 % after FCs while recording: critical, stops the machine, marks DROP, sets Burner to 0");
  });
});
