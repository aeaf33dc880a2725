import { describe, expect, it } from "vitest";
import { age, duration, fixed, NO_VALUE, parseDuration, rate, signed, temp, weight } from "../src/model/format";
import { span, temperature, unitSign } from "../src/model/units";

describe("numbers on screen", () => {
  it("show an en dash pair for what is not known, never a zero", () => {
    for (const nothing of [null, undefined, NaN, Infinity]) {
      expect(fixed(nothing)).toBe("––");
      expect(temp(nothing as number, "F")).toBe(NO_VALUE);
    }
    expect(duration(null)).toBe("––:––");
    expect(fixed(0)).toBe("0.0");
  });

  it("use a true minus, and no minus before a zero", () => {
    expect(fixed(-1.25)).toBe("\u22121.3".replace("1.3", (1.25).toFixed(1)));
    expect(fixed(-0.04)).toBe("0.0");
    expect(signed(1.8)).toBe("+1.8");
    expect(signed(-0.3)).toBe("\u22120.3");
    expect(signed(0.04)).toBe("0.0");
  });

  it("convert a temperature with its offset and a rate without", () => {
    expect(temp(100, "F")).toBe("212.0");
    expect(rate(10, "F")).toBe("18.0");
    expect([rate(99.94, "C"), rate(99.96, "C"), rate(-111.5, "C"), rate(null, "C")]).toEqual(["99.9", "100", "−112", "––"]);
    expect([temperature(-40, "F"), span(5, "C"), span(5, "F")]).toEqual([-40, 5, 9]);
    expect([unitSign("celsius"), unitSign("percent"), unitSign("rpm")]).toEqual(["°C", "%", "rpm"]);
  });

  it("tell time as people do", () => {
    expect([duration(0), duration(462_999), duration(462_000, true), duration(3_723_000)]).toEqual(["0:00", "7:42", "07:42", "1:02:03"]);
    expect([duration(-75_000), duration(-400)]).toEqual(["\u22121:15", "0:00"]);
    expect([age(400), age(14_900), age(200_000), age(9_000_000)]).toEqual(["0.4 s", "14 s", "3 min", "2 h"]);
    expect([weight(850), weight(12_000), weight(null)]).toEqual(["850 g", "12.00 kg", "––"]);
  });
});

describe("a typed duration", () => {
  it("is minutes, or minutes and seconds", () => {
    expect(["2", " 2:30", "0:45 ", "99:59", "1:5"].map(parseDuration)).toEqual([120_000, 150_000, 45_000, 5_999_000, 65_000]);
  });

  it("is nothing else", () => {
    for (const typed of ["", "0", "0:00", "-1", "2:60", "100", "1.5", "two", "1:2:3"]) expect(parseDuration(typed), typed).toBeNull();
  });
});
