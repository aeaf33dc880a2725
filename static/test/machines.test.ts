import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { SocketLike } from "../src/link/socket";
import { keepCredential } from "../src/link/credential";
import { MachinesStore } from "../src/store/machines";
import { settings } from "../src/store/settings";

const summary = (id: string) => ({ id, name: id, kind: "roaster", driver_state: "connected", session_state: "idle", last_reading: null, alarms: { info: 0, warning: 0, critical: 0 }, restarts: 0, losses: null });

let asked: { path: string; authorization: string | undefined }[];
let opened: string[];
let answer: (path: string) => Response;
let house: MachinesStore;

const lists = () => asked.filter(({ path }) => path === "api/machines").length;

class DeadSocket {
  readyState = 0;
  onopen = null;
  onmessage = null;
  onclose = null;
  onerror = null;
  send = () => undefined;
  close = () => undefined;
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "performance"] });
  asked = [];
  opened = [];
  vi.stubGlobal("fetch", (path: string, init: RequestInit) => {
    asked.push({ path, authorization: (init.headers as Record<string, string>)["authorization"] });
    return Promise.resolve(answer(path));
  });
  house = new MachinesStore({
    clientId: "0123456789", name: () => "tablet", page: () => "http://shop.lan:8080/#/",
    openSocket: (url) => {
      opened.push(url);
      return new DeadSocket() as unknown as SocketLike;
    },
  });
});

afterEach(() => {
  keepCredential(null);
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

  it("are asked for with the token of a fresh login, and their sockets opened with it", async () => {
    answer = () => new Response("{}", { status: 401 });
    house.start();
    await vi.advanceTimersByTimeAsync(10);
    answer = (path) => new Response(JSON.stringify(path.endsWith("/me") ? { username: "Anna", role: "admin" } : path === "api/machines" ? [summary("a")] : { id: "a" }), { status: 200 });
    await house.signIn("fresh");
    expect(asked.at(-1)?.authorization).toBe("Bearer fresh");
    expect(house.me.value).toMatchObject({ username: "Anna", role: "admin" });
    expect(opened.at(-1)).toContain("token=fresh");
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
    expect(asked.at(-1)?.path).toBe("api/stop");
    answer = () => new Response(JSON.stringify({ detail: "Authentication required" }), { status: 401 });
    await expect(house.stop()).resolves.toMatch(/refused STOP: Authentication required\. Use the machines' own/);
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("unreachable")));
    await expect(house.stop()).resolves.toMatch(/did not reach the daemon/);
  });
});
