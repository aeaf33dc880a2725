import { describe, expect, it } from "vitest";
import { check, EMPTY_FORM, slug, toConfig, toFields, warn, type ModbusForm } from "../src/model/modbusForm";
import { freeDemoId } from "../src/screens/wall/AddSimulator";

const FILLED: ModbusForm = { ...EMPTY_FORM, name: "Drum 5 kg", host: "192.168.1.20", bt: "0", et: "3", burner: "100" };

describe("the Modbus form", () => {
  it("makes the configuration that the daemon documents", () => {
    expect(toConfig(FILLED)).toMatchObject({
      id: "drum-5-kg", name: "Drum 5 kg", kind: "roaster", driver: { type: "modbus_tcp", host: "192.168.1.20", port: 502, unit_id: 1 },
      channels: [
        { id: "bt", role: "bt", kind: "sensor", source: { register: "holding", address: 0, type: "i16", divisor: 10 } },
        { id: "et", role: "et", source: { address: 3 } },
        { id: "burner", kind: "control", class: "heat", failsafe: 0, source: { address: 100, type: "u16" } },
      ],
    });
  });

  it("leaves out the channels whose register is empty", () => {
    expect((toConfig({ ...FILLED, et: " ", burner: "" }) as { channels: unknown[] }).channels).toHaveLength(1);
  });

  it("finds what is wrong before anything is sent", () => {
    expect(Object.keys(check(EMPTY_FORM)).sort()).toEqual(["bt", "host", "name"]);
    expect(check(FILLED)).toEqual({});
    expect(Object.keys(check({ ...FILLED, port: "70000", unitId: "x", et: "1.5", divisor: "0" })).sort()).toEqual(["divisor", "et", "port", "unitId"]);
  });

  it("takes the hosts that the daemon takes and no others", () => {
    for (const host of ["http://10.0.0.9", "10.0.0.9/x", "a b", "[::1]", "me@plc"]) expect(check({ ...FILLED, host }).host, host).toContain("bare name");
    for (const host of ["fe80::1", " plc.local ", "10.0.0.9"]) expect(check({ ...FILLED, host }), host).toEqual({});
  });

  it("warns of a manual's number and says which address is meant, but lets it be", () => {
    const odd = { ...FILLED, bt: "40001", et: "30004", burner: "49999" };
    expect(warn(odd)).toMatchObject({ bt: expect.stringContaining("holding register 0,"), et: expect.stringContaining("input register 3,"), burner: expect.stringContaining("holding register 9998,") });
    expect(check(odd)).toEqual({});
    expect(warn({ ...FILLED, bt: "30000", et: "40000", burner: "50000" })).toEqual({});
  });

  it("reads input registers and floats where these are chosen, and writes the burner as before", () => {
    expect(toConfig({ ...FILLED, register: "input", type: "f32", divisor: "1" })).toMatchObject({
      channels: [{ source: { register: "input", address: 0, type: "f32", divisor: 1 } }, { source: { register: "input", type: "f32" } }, { source: { register: "holding", type: "u16" } }],
    });
  });

  it("brings every fault of the daemon to the field it stands for", () => {
    const faults = toFields({ ...FILLED, et: "" }, [
      { pointer: "/driver/host", detail: "cannot be resolved" },
      { pointer: "/channels/1/source/address", detail: "is taken" },
      { pointer: "/channels/0/source/divisor", detail: "is 0" },
      { pointer: "/channels/0/source/type", detail: "is unknown" },
      { pointer: "/alarms/0", detail: "is odd" },
      { pointer: "/driver/host", detail: "is empty" },
    ]);
    expect(faults).toEqual({ host: "cannot be resolved. is empty", burner: "is taken", divisor: "is 0", type: "is unknown", form: "/alarms/0: is odd" });
  });

  it("makes a slug of any name", () => {
    expect([slug("Röster №1 – groß"), slug("  "), slug("a".repeat(99)).length]).toEqual(["roster-no1-gro", "", 64]);
  });

  it("finds an id for the demo that is free", () => {
    expect([freeDemoId([]), freeDemoId(["demo"]), freeDemoId(["demo", "demo-2"])]).toEqual(["demo", "demo-2", "demo-3"]);
  });
});
