import { expect, test } from "vitest";
import { lossWords } from "../src/model/losses";

test("people are told without what heat goes off, and what it does not depend on", () => {
  expect(lossWords({ sensor_ms: 3_000, operator_ms: 120_000 })).toBe("Heat goes off without a reading for 3 s, or with nobody here for 2 min");
  expect(lossWords({ sensor_ms: 2_500, operator_ms: 90_000 })).toBe("Heat goes off without a reading for 2.5 s, or with nobody here for 90 s");
  expect(lossWords({ sensor_ms: 60_000, operator_ms: null })).toBe("Heat goes off without a reading for 1 min; it stays on with nobody here");
});
