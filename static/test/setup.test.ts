import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { at, free, put, read, shown, slug, without, type Doc } from "../src/model/draft";
import { BLANK, BLANK_DRIVERS, byPointer, blankChannel, channelsOf, check, complete, isToggle, oddAddress, stepOf, tested, withShape, withTable } from "../src/model/machineDraft";
import { family } from "../src/model/metrics";
import { placeName } from "../src/model/placeName";
import type { Preset } from "../src/model/presets";
import { alarmSentence, blankAlarm, blankInterlock, compared, interlockSentence, speakable } from "../src/model/rules";
import { isOtherVersion } from "../src/model/version";
import { Draft } from "../src/store/draft";
import { uptime } from "../src/model/format";

const DRUM: Doc = {
  ...BLANK, id: "drum", name: "Drum", driver: { ...BLANK_DRIVERS["modbus_tcp"], host: "192.168.1.20" },
  channels: [
    { id: "bt", label: "BT", kind: "sensor", role: "bt", unit: "celsius", source: { register: "holding", address: 0, type: "i16", divisor: 10 } },
    { id: "burner", label: "Burner", kind: "control", class: "heat", min: 0, max: 100, unit: "percent", source: { register: "holding", address: 100, type: "u16" } },
  ],
};

describe("a document that is edited by pointer", () => {
  it("is changed at one place and nowhere else", () => {
    const next = put(DRUM, "/channels/0/source/address", 7);
    expect(at(next, "/channels/0/source/address")).toBe(7);
    expect(at(DRUM, "/channels/0/source/address")).toBe(0);
    expect(at(next, "/channels/1")).toBe(at(DRUM, "/channels/1"));
  });

  it("makes the objects on the way, and takes those away that are left empty", () => {
    const next = put<Doc>({}, "/detection/dry_end_bt", 160);
    expect(next).toEqual({ detection: { dry_end_bt: 160 } });
    expect(put(next, "/detection/dry_end_bt", undefined)).toEqual({});
  });

  it("holds a number where one was typed, and else what was typed, for the daemon to judge", () => {
    expect([read("10", "number"), read("2,57", "number"), read("1x", "number"), read(" ", "number")]).toEqual([10, 2.57, "1x", undefined]);
    expect([read("1.5", "seconds"), shown(1500, "seconds")]).toEqual([1500, "1.5"]);
    expect([read("off", "limit"), shown(null, "limit"), read("160", "limit"), shown(undefined, "limit")]).toEqual([null, "off", 160, ""]);
    expect([read("Hold", "failsafe"), read("0", "failsafe")]).toEqual(["hold", 0]);
    expect([read("false", "flag"), shown(false, "flag"), read("12 kg", "text")]).toEqual([false, "false", "12 kg"]);
  });

  it("moves the faults of a list up with its items", () => {
    const faults = new Map([["/channels/0/id", "a"], ["/channels/1/id", "b"], ["/channels/2/source/address", "c"], ["/name", "d"], ["/channels", "e"]]);
    expect([...without(faults, "/channels", 1)]).toEqual([["/channels/0/id", "a"], ["/channels/1/source/address", "c"], ["/name", "d"], ["/channels", "e"]]);
  });

  it("forgets a fault when its place is edited, and only that one", () => {
    const draft = new Draft();
    draft.load(DRUM);
    draft.faults.value = new Map([["/name", "is odd"], ["/id", "is taken"]]);
    draft.put("/name", "Drum 2");
    expect([...draft.faults.value.keys()]).toEqual(["/id"]);
    draft.faults.value = new Map([["/alarms/0/when", "compares nothing"], ["/alarms/1/when", "likewise"], ["/channels/1/source/type", "unfit"]]);
    draft.put("/alarms/0/when/above", 1);
    expect([...draft.faults.value.keys()]).toEqual(["/alarms/1/when", "/channels/1/source/type"]);
    draft.remove("/alarms", 0);
    expect([...draft.faults.value.keys()]).toEqual(["/alarms/0/when", "/channels/1/source/type"]);
    expect(draft.isChanged.value).toBe(true);
    draft.put("/name", "Drum");
    expect(draft.isChanged.value).toBe(false);
  });

  it("opens the machine anew for all but a new name, and forgets what was typed when asked to", () => {
    const draft = new Draft();
    draft.load(DRUM);
    draft.put("/name", "Other");
    expect([draft.isChanged.value, draft.opensAnew.value]).toEqual([true, false]);
    draft.put("/driver/port", 503);
    expect(draft.opensAnew.value).toBe(true);
    draft.discard();
    expect([draft.doc.value, draft.isChanged.value]).toEqual([DRUM, false]);
  });

  it("makes a slug of any name, and an id that is free", () => {
    expect([slug("Röster №1 – groß"), slug("  "), slug("a".repeat(99)).length]).toEqual(["roster-no1-gro", "", 64]);
    expect(free("bt", ["bt", "bt-2"])).toBe("bt-3");
  });
});

describe("setting a machine up", () => {
  it("finds what is wrong before anything is sent", () => {
    expect([...check(BLANK).keys()]).toEqual(["/name", "/driver/host"]);
    expect([...check(DRUM)]).toEqual([]);
    const odd = put(put(put(DRUM, "/driver/port", "x"), "/channels/0/source/address", 70_000), "/channels/1/source/divisor", 0);
    expect([...check(odd).keys()].sort()).toEqual(["/channels/0/source/address", "/channels/1/source/divisor", "/driver/port"]);
    expect(check({ ...BLANK, name: "a", driver: BLANK_DRIVERS["modbus_rtu"] }).get("/driver/port")).toContain("serial port");
  });

  it("takes the hosts that the daemon takes and no others", () => {
    for (const host of ["http://10.0.0.9", "10.0.0.9/x", "a b", "[::1]", "me@plc"]) expect(check(put(DRUM, "/driver/host", host)).get("/driver/host"), host).toContain("bare name");
    for (const host of ["fe80::1", "plc.local", "10.0.0.9"]) expect(check(put(DRUM, "/driver/host", host)).size, host).toBe(0);
  });

  it("shows every fault of the daemon in the step that has its field", () => {
    const steps = ["/id", "/name", "/driver/type", "/driver/host", "/sampling_interval_ms", "/channels/0/source/type", "/channels/1/class", "/detection/dry_end_bt", "/safety/operator_loss_ms", "/channels", "/alarms/0/when", "/interlocks/0"];
    expect(steps.map((pointer) => stepOf(DRUM, pointer))).toEqual(["kind", "kind", "kind", "link", "link", "channels", "controls", "detection", "controls", "channels", null, null]);
    expect([...byPointer([{ pointer: "/id", detail: "a" }, { pointer: "/id", detail: "b" }, { pointer: "/channels/3/id", detail: "c" }])]).toEqual([["/id", "a. b"], ["/channels/3/label", "c"]]);
  });

  it("names places as people see them", () => {
    expect([placeName(DRUM, "/driver/host"), placeName(DRUM, "/channels/1/source/address"), placeName(DRUM, "/channels/1/readback/type"), placeName(DRUM, "/alarms/0/when/deadband"), placeName(DRUM, "/name")])
      .toEqual(["Host", "Burner, Address", "Burner, Read-back, Type", "Alarm 1, Deadband", "Name"]);
  });

  it("sends ids that the names make, and keeps those that are there", () => {
    const doc = complete({ ...BLANK, name: "Drum 5 kg", channels: [{ id: "", label: "Bean temp", kind: "sensor" }, { id: "x", kind: "control" }] });
    expect([doc["id"], at(doc, "/channels/0/id"), at(doc, "/channels/1/id")]).toEqual(["drum-5-kg", "bean-temp", "x"]);
  });

  it("gives two channels of one name ids of their own", () => {
    const doc = complete({ name: "a", channels: [{ id: "", label: "Air" }, { id: "", label: "Air" }, { id: "air-3", label: "Air" }, { id: "", label: "Air" }] });
    expect((doc["channels"] as Doc[]).map((channel) => channel["id"])).toEqual(["air", "air-2", "air-3", "air-4"]);
  });

  it("makes a switch of a control on a coil, and a slider again of one that leaves it", () => {
    const burner = at(DRUM, "/channels/1") as Doc;
    const coil = withTable(burner, "source", "coil");
    expect(coil).toEqual({ id: "burner", label: "Burner", kind: "control", class: "heat", source: { register: "coil", address: 100 } });
    expect([isToggle(burner), isToggle(coil)]).toEqual([false, true]);
    expect(withTable(coil, "source", "holding")).toMatchObject({ control: "slider", min: 0, max: 100, source: { register: "holding", address: 100 } });
    expect(withShape({ ...burner, on_value: 1 }, "slider")).not.toHaveProperty("on_value");
    expect(withTable({ ...burner, readback: { register: "input", type: "i16", address: 3 } }, "readback", "discrete")).toEqual({ ...burner, readback: { register: "discrete", address: 3 } });
    expect(withTable(at(DRUM, "/channels/0") as Doc, "source", "input")).toMatchObject({ unit: "celsius", source: { register: "input", type: "i16", divisor: 10 } });
  });

  it("tells sensors from controls, and adds either ready to be filled in", () => {
    expect([channelsOf(DRUM, "sensor"), channelsOf(DRUM, "control")]).toEqual([[0], [1]]);
    expect(blankChannel(DRUM, "sensor")).toMatchObject({ kind: "sensor", source: { register: "holding" } });
    expect(blankChannel({ driver: { type: "push" } }, "control")).not.toHaveProperty("source");
  });

  it("holds a test for as long as nothing changes that it was about", () => {
    expect(tested(put(DRUM, "/name", "Other"))).toBe(tested(DRUM));
    expect(tested(put(DRUM, "/channels/0/source/divisor", 1))).not.toBe(tested(DRUM));
  });

  it("warns of a manual's number and says which address is meant", () => {
    expect([oddAddress(40_001), oddAddress(30_004), oddAddress(49_999)]).toEqual([expect.stringContaining("holding register 0,"), expect.stringContaining("input register 3,"), expect.stringContaining("holding register 9998,")]);
    expect([oddAddress(30_000), oddAddress(40_000), oddAddress(50_000), oddAddress("40001")]).toEqual([undefined, undefined, undefined, undefined]);
  });

  it("knows machines that have a BT and an ET, each with an id of its own for every channel", () => {
    const presets = JSON.parse(readFileSync(new URL("../public/presets.json", import.meta.url), "utf8")) as Preset[];
    expect(presets.length).toBeGreaterThan(10);
    for (const { name, machine } of presets) {
      const ids = (machine["channels"] as Doc[]).map((channel) => channel["id"]);
      expect(ids.slice(0, 2), name).toEqual(["bt", "et"]);
      expect(new Set(ids).size, name).toBe(ids.length);
      const missing = [...check({ ...BLANK, name, ...machine }).keys()].filter((pointer) => pointer !== "/driver/host" && pointer !== "/driver/port");
      expect(missing, name).toEqual([]);
    }
    expect(at(presets.find(({ name }) => name.startsWith("Loring")), "/machine/channels/0")).toEqual({
      id: "bt", label: "BT", kind: "sensor", role: "bt", unit: "fahrenheit", source: { register: "holding", address: 768, type: "bcd32", divisor: 10 },
    });
  });
});

describe("rules as sentences", () => {
  const channels = speakable(DRUM, [], []);

  it("say what they do", () => {
    expect(alarmSentence({ id: "hot", when: { channel: "bt", above: 230, delay_ms: 1500 }, severity: "critical" }, channels)).toBe("When BT is above 230 °C for 1.5 s: critical");
    expect(alarmSentence({ id: "hot", when: { channel: "bt", at_most: 5 } }, channels)).toBe("When BT is at most 5 °C for 2 s: warning");
    expect(interlockSentence({ blocks: { channel: "burner", above: 0 }, unless: [{ channel: "bt", at_least: 20 }] }, channels)).toBe("Never let an order pass that says Burner is above 0 %, unless BT is at least 20 °C");
    expect(interlockSentence({ unless: [{ channel: "bt", below: 250 }], forces: { channel: "burner", value: 0 } }, channels)).toBe("Set Burner to 0, unless BT is below 250 °C");
  });

  it("compare in one way at a time", () => {
    expect(compared({ channel: "bt", above: 230, delay_ms: 1 }, "below")).toEqual({ channel: "bt", delay_ms: 1, below: 230 });
  });

  it("begin with what the machine has", () => {
    expect(blankAlarm({ alarms: [{ id: "bt-alarm" }] }, channels)).toEqual({ id: "bt-alarm-2", when: { channel: "bt" }, severity: "warning" });
    expect(blankInterlock(DRUM, channels)).toMatchObject({ blocks: { channel: "burner", above: 0 }, unless: [{ channel: "bt" }] });
    const simulated = speakable({ driver: { type: "simulator" } }, [{ id: "burner", label: "Burner", unit: "percent" }], ["bt"]);
    expect(simulated).toEqual([{ id: "bt", label: "BT", unit: "°C", isControl: false }, { id: "burner", label: "Burner", unit: "%", isControl: true }]);
  });
});

describe("the daemon as a whole", () => {
  it("is of the page's own version, or another one that is known", () => {
    expect([isOtherVersion("0.1.0", "0.1.0"), isOtherVersion("0.1.0", "0.2.0"), isOtherVersion("0.1.0", null), isOtherVersion(undefined, "0.2.0"), isOtherVersion("0.1.0", "")]).toEqual([false, true, false, false, false]);
  });

  it("is released together with its page", () => {
    const page = (JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string }).version;
    expect(/^version = "(.+)"$/m.exec(readFileSync(new URL("../../Cargo.toml", import.meta.url), "utf8"))?.[1]).toBe(page);
  });

  it("tells its figures by machine, and nothing for what is no figure", () => {
    const text = '# HELP hearth_sockets x\nhearth_sockets 3\nhearth_machine_watchers{machine="a"} 2\nhearth_machine_watchers{machine="b"} x\n';
    expect([...family(text, "hearth_sockets")]).toEqual([["", 3]]);
    expect([...family(text, "hearth_machine_watchers")]).toEqual([["a", 2]]);
  });

  it("has run for so long", () => {
    expect([uptime(59), uptime(3_700), uptime(100_000)]).toEqual(["0 min", "1 h 1 min", "1 d 3 h"]);
  });
});
