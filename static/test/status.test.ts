import { describe, expect, it } from "vitest";
import { driverStatus, isTooOld, linkStatus } from "../src/store/status";

describe("the link in words", () => {
  it("is live with the age of the newest reading while readings are due", () => {
    expect(linkStatus({ kind: "live" }, 0, 300, true)).toMatchObject({ text: "live 0.3 s", icon: "dot" });
  });

  it("is never called live while the machine does not answer, though the socket is", () => {
    for (const ageMs of [null, 300, 200_000]) expect(linkStatus({ kind: "live" }, 0, ageMs, false).text).toBe("no readings");
  });

  it("that was cut tells when it is tried again, and why it was cut where the daemon said so", () => {
    const cut = { kind: "waiting", attempt: 2, retryAtMs: 3_000 } as const;
    expect(linkStatus({ ...cut, reason: "" }, 0, 300, true).text).toBe("reconnecting, try 2 in 3 s");
    expect(linkStatus({ ...cut, reason: "too many messages" }, 0, 300, true).text).toBe("too many messages: reconnecting, try 2 in 3 s");
  });
});

describe("the driver in words", () => {
  const connection = { driver_state: "reconnecting" as const, driver_name: "modbus_tcp", message: "no route to host", retry_in_ms: 4000, restarts: 0 };

  it("has nothing to say while it answers", () => {
    expect(driverStatus({ ...connection, driver_state: "connected" }, null, 0)).toBeNull();
  });

  it("tells the reason and counts down to the next try, but not to a voice", () => {
    expect(driverStatus(connection, 4_000, 500)).toMatchObject({ text: "Machine does not answer: no route to host, next try in 4 s", lasting: "Machine does not answer: no route to host", code: "reconnecting" });
    expect(driverStatus(connection, 4_000, 2_500)?.lasting).toBe(driverStatus(connection, 4_000, 500)?.lasting);
  });

  it("that has failed waits for a person", () => {
    expect(driverStatus({ ...connection, driver_state: "failed" }, null, 0)).toMatchObject({ tone: "critical", text: "Driver failed: no route to host" });
  });
});

describe("a number's age", () => {
  it("makes a dash of it after ten seconds, not before", () => {
    expect([null, 0, 10_000, 10_001].map(isTooOld)).toEqual([false, false, false, true]);
  });
});
