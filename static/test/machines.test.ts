import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { SocketLike } from "../src/link/socket";
import { MachinesStore } from "../src/store/machines";
import { settings } from "../src/store/settings";
import type { Me, UserRole } from "../src/wire/types";

const summary = (id: string) => ({ id, name: id, kind: "roaster", driver_state: "connected", session_state: "idle", last_reading: null, alarms: { info: 0, warning: 0, critical: 0 }, restarts: 0, losses: null });

const json = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status });
const nobody: Me = { access: "none", user: null, setup_needed: false, login_possible: true };
const otto = (role: UserRole, machines: string[] | null): Me => ({ ...nobody, access: "user", user: { email: "otto@roastery.example", name: "Otto", role, machines } });

let asked: string[];
let opened: string[];
let sockets: DeadSocket[];
let answer: (path: string) => Response;
let house: MachinesStore;

const lists = () => asked.filter((path) => path === "api/machines").length;

class DeadSocket {
  readyState = 0;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  onerror = null;
  send = () => undefined;
  close = () => undefined;
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "performance"] });
  asked = [];
  opened = [];
  sockets = [];
  vi.stubGlobal("fetch", (path: string) => {
    asked.push(path);
    return Promise.resolve(answer(path));
  });
  house = new MachinesStore({
    clientId: "0123456789", name: () => "tablet", page: () => "http://shop.lan:8080/#/",
    openSocket: (url) => {
      opened.push(url);
      sockets.push(new DeadSocket());
      return sockets.at(-1) as unknown as SocketLike;
    },
  });
});

afterEach(() => {
  settings.order.value = [];
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("the machines of the house", () => {
  it("are asked for again and again, unless nobody is let in", async () => {
    answer = () => new Response(JSON.stringify([summary("a")]), { status: 200 });
    house.start();
    await vi.advanceTimersByTimeAsync(11_000);
    expect(lists()).toBe(3);
    answer = () => new Response(JSON.stringify({ detail: "Invalid or expired token." }), { status: 401 });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(lists()).toBe(4);
    expect(house.list.value).toMatchObject({ kind: "failed", error: { status: 401, message: "Invalid or expired token." } });
  });

  it("are asked for again by whoever logs in, and their sockets opened", async () => {
    answer = (path) => (path === "api/auth/me" ? json(nobody) : json({ detail: "Authentication required." }, 401));
    house.start();
    await vi.advanceTimersByTimeAsync(10);
    expect(house.isOut.value).toBe(true);
    answer = (path) => json(path === "api/machines" ? [summary("a")] : { id: "a" });
    await house.become(otto("operator", null));
    expect(house.isOut.value).toBe(false);
    expect(house.changed.value, "nobody's rights were changed").toBeNull();
    expect(opened).toHaveLength(1);
  });

  it("are opened anew where a login goes on with other rights, and whoever has them is told", async () => {
    let me = otto("operator", null);
    answer = (path) => json(path === "api/auth/me" ? me : path === "api/machines" ? [summary("a"), summary("b")] : { id: "a" });
    house.start();
    await vi.advanceTimersByTimeAsync(10);
    expect(opened).toHaveLength(2);
    me = otto("viewer", ["a"]);
    for (const socket of sockets) socket.onclose?.({ code: 4401, reason: "your login has ended: log in again" });
    await vi.advanceTimersByTimeAsync(10);
    expect(house.changed.value).toBe("An admin changed what you may do. You are a viewer of a now.");
    expect(opened, "each once").toHaveLength(4);
    expect(asked.filter((path) => path === "api/auth/me"), "once for both").toHaveLength(2);
  });

  it("are another client's once somebody else signs in, and the same one's after a login that ran out", async () => {
    answer = (path) => json(path === "api/machines" ? [] : otto("operator", null));
    house.start();
    await vi.advanceTimersByTimeAsync(10);
    const first = house.clientId;
    await house.become(nobody);
    await house.become(otto("viewer", null));
    expect(house.clientId, "it finds its lease again").toBe(first);
    const { user } = otto("operator", null);
    await house.become({ ...otto("operator", null), user: { ...user!, email: "anna@roastery.example" } });
    expect(house.clientId, "what Otto held is not Anna's").not.toBe(first);
  });

  it("are somebody's as soon as the daemon can say whose", async () => {
    answer = () => json({}, 503);
    house.start();
    await vi.advanceTimersByTimeAsync(10);
    expect([house.me.value, house.isOut.value]).toEqual([null, false]);
    answer = (path) => json(path === "api/auth/me" ? otto("viewer", null) : []);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(house.me.value).toMatchObject({ user: { role: "viewer" } });
  });

  it("that are refused from the start are not asked for again and again", async () => {
    answer = (path) => json(path === "api/auth/me" ? otto("operator", ["b"]) : path === "api/machines" ? [summary("a")] : { id: "a" });
    house.start();
    await vi.advanceTimersByTimeAsync(10);
    sockets[0]?.onclose?.({ code: 4401, reason: "your role does not allow this" });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(opened).toHaveLength(1);
    expect(house.get("a").link.value).toMatchObject({ kind: "denied" });
  });

  it("are left to whoever logs in next when a login ends", async () => {
    let me: Me = otto("operator", null);
    answer = (path) => (path === "api/auth/me" ? json(me) : me.user === null ? json({ detail: "Authentication required." }, 401) : json(path === "api/machines" ? [summary("a")] : { id: "a" }));
    house.start();
    await vi.advanceTimersByTimeAsync(10);
    me = nobody;
    sockets[0]?.onclose?.({ code: 4401, reason: "your login has ended: log in again" });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(house.isOut.value).toBe(true);
    expect(lists()).toBe(2);
  });

  it("stand in the order of this device, and only the first eight keep a socket behind the screens", async () => {
    const ids = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
    settings.order.value = ["j", "c"];
    answer = (path) => new Response(JSON.stringify(path === "api/machines" ? ids.map(summary) : {}), { status: 200 });
    house.start();
    await vi.advanceTimersByTimeAsync(10);
    expect(house.items.value.map(({ id }) => id)).toEqual(["j", "c", "a", "b", "d", "e", "f", "g", "h", "i"]);
    const live = opened.map((url) => /live\/(\w+)/.exec(url)?.[1]);
    expect(live).toEqual(["j", "c", "a", "b", "d", "e", "f", "g"]);
  });

  it("STOP for all says what a person must know when it does not arrive or is refused", async () => {
    answer = () => new Response("{}", { status: 200 });
    await expect(house.stop()).resolves.toBeNull();
    expect(asked.at(-1)).toBe("api/stop");
    answer = () => new Response(JSON.stringify({ detail: "Authentication required" }), { status: 401 });
    await expect(house.stop()).resolves.toMatch(/refused STOP: Authentication required\. Use the machines' own/);
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("unreachable")));
    await expect(house.stop()).resolves.toMatch(/did not reach the daemon/);
  });
});
