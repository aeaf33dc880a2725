// One whole roast by its registers: a Modbus machine plays it, two tabs and a Python client follow it, and all of them and
// REST tell the same curve. Waits are for conditions; the limit of the test only ends one that hangs.

import type { Locator, Page } from "@playwright/test";
import { duration, rate, temp } from "../src/model/format";
import { everyHalfMinute } from "../src/ui/CurveTable";
import type { Frame, FrameOf } from "../src/wire/decode";
import type { EventType, RoastEvent, Series } from "../src/wire/types";
import { expect as plain, open, test, type Daemon } from "./fixtures/daemon";
import { startPeer, type Peer } from "./fixtures/peers";

const PACE = 20;
const HANGS_MS = 240_000;
/** How far a mark may be from the truth. Source: the issue that asked for this claim. Unit: ms of roast. */
const MARK_TOLERANCE_MS = 8_000;
const MARKS = ["CHARGE", "TP", "DROP"] as const;
const COLUMNS = ["bt", "et", "bt_ror", "et_ror"] as const;
const NAME = "Over Modbus";

const expect = plain.configure({ timeout: HANGS_MS });

type Truth = Record<(typeof MARKS)[number], number>;
type Reading = Pick<FrameOf<"temperature">, "timestamp_ms" | (typeof COLUMNS)[number]>;
type Followed = { session_id: string; zero_s: number; temperature: FrameOf<"temperature">[]; event: FrameOf<"event">[]; control_ack: FrameOf<"control_ack">[] };

/** A tab and every frame that its socket took. */
type Tab = { page: Page; frames: Frame[] };

async function cockpit(page: Page, daemon: Daemon, id: string): Promise<Tab> {
  const frames: Frame[] = [];
  page.on("websocket", (socket) => socket.on("framereceived", ({ payload }) => frames.push(JSON.parse(String(payload)) as Frame)));
  await open(page, daemon, `#/m/${id}`);
  await expect(page.getByTestId("session-state")).toHaveAttribute("data-state", "idle");
  return { page, frames };
}

const readings = ({ frames }: Tab) => frames.filter((frame) => frame.type === "temperature");
const asReading = (point: Reading): Reading => ({ timestamp_ms: point.timestamp_ms, bt: point.bt, et: point.et, bt_ror: point.bt_ror, et_ror: point.et_ror });
const rowsOf = (series: Series): Reading[] =>
  series.timestamp_ms.map((timestamp_ms, row) => ({
    timestamp_ms, bt: series.bt[row] ?? null, et: series.et[row] ?? null, bt_ror: series.bt_ror[row] ?? null, et_ror: series.et_ror[row] ?? null,
  }));

/** The readings that a tab's socket took of one session, up to its end. */
function taken(tab: Tab, session: string): Reading[] {
  const end = tab.frames.findIndex((frame) => frame.type === "state" && frame.state === "finished");
  expect(end, "the tab was not told of the end").toBeGreaterThan(0);
  return readings({ ...tab, frames: tab.frames.slice(0, end) }).filter((frame) => frame.session_id === session).map(asReading);
}

/** The last word on every mark. */
const lastWords = (events: RoastEvent[]) => new Map<EventType, RoastEvent>(events.map((event) => [event.event_type, event]));

/** What the table of a curve has to say from the beginning of the recording on. */
function tableOf(curve: Reading[], originMs: number): string[][] {
  return everyHalfMinute(curve.map((point) => point.timestamp_ms)).map((row) => {
    const point = curve[row];
    return [duration((point?.timestamp_ms ?? NaN) - originMs), temp(point?.bt, "C"), temp(point?.et, "C"), rate(point?.bt_ror, "C")];
  });
}

/** The table as a page shows it. */
async function shownTable(page: Page): Promise<string[][]> {
  await page.getByRole("button", { name: "Table" }).click();
  const table = page.getByRole("dialog", { name: "Curve as a table" });
  const rows = await table.locator("tbody tr").evaluateAll((all) => all.map((row) => [...row.children].map((cell) => cell.textContent ?? "")));
  await page.keyboard.press("Escape");
  await expect(table).toBeHidden();
  return rows;
}

/** Moves a slider to its lowest end and `tens` big steps up. */
async function slideTo(slider: Locator, tens: number): Promise<void> {
  await slider.focus();
  await slider.press("Home");
  for (let step = 0; step < tens; step += 1) await slider.press("PageUp");
}

async function moveBurner(mover: Tab, other: Tab, player: Peer): Promise<void> {
  await slideTo(mover.page.getByTestId("slider-burner"), 4);
  await expect.poll(() => player.ask("burner"), "the register").toEqual({ burner: 40 });
  for (const tab of [mover, other]) await expect(tab.page.getByTestId("applied-burner")).toHaveText("40 %");
}

async function roast(first: Tab, second: Tab, player: Peer): Promise<Truth> {
  await first.page.getByTestId("start_monitoring").click();
  await expect.poll(() => readings(first).some((frame) => frame.bt_ror !== null), "a rate of rise").toBe(true);
  await first.page.getByTestId("start_recording").click();
  for (const tab of [first, second]) await expect(tab.page.getByTestId("session-state")).toHaveAttribute("data-state", "recording");
  const { truth } = (await player.ask("begin")) as { truth: Truth };
  await expect(first.page.getByTestId("mark-CHARGE")).toHaveAttribute("data-source", "auto");
  await moveBurner(first, second, player);
  for (const tab of [first, second]) {
    await expect(tab.page.getByTestId("mark-TP")).toBeVisible();
    await expect(tab.page.getByTestId("mark-DROP")).toHaveAttribute("data-source", "auto");
    await expect(tab.page.getByTestId("mark-DROP")).not.toContainText("auto ?");
  }
  await first.page.getByTestId("stop_recording").click();
  for (const tab of [first, second]) {
    await expect(tab.page.getByTestId("finish-sheet")).toBeVisible();
    await tab.page.keyboard.press("Escape");
    await expect(tab.page.getByTestId("finish-sheet")).toBeHidden();
  }
  return truth;
}

function expectMarks(marks: ReadonlyMap<EventType, RoastEvent>, truth: Truth, zeroS: number): void {
  for (const type of MARKS) {
    const mark = marks.get(type);
    expect(mark, `${type} was not found`).toMatchObject({ auto_detected: true, provisional: false });
    const off = (mark?.timestamp_ms ?? NaN) - (truth[type] - zeroS) * 1000 * PACE;
    expect(Math.abs(off), `${type} is ${off.toFixed(0)} ms from the truth`).toBeLessThanOrEqual(MARK_TOLERANCE_MS);
  }
}

/** All who watched, and REST, tell one roast; the tabs show it too. */
async function expectSame(first: Tab, second: Tab, seen: Followed, truth: Truth, view: Awaited<ReturnType<Daemon["session"]>>): Promise<void> {
  const curve = rowsOf(view.series);
  expect(view.session_id).toBe(seen.session_id);
  expect(curve.length, "a roast of eleven minutes has a reading nearly every second").toBeGreaterThan(500);
  expect(seen.temperature.map(asReading), "the follower's curve").toEqual(curve);
  const marks = lastWords(view.events);
  expectMarks(marks, truth, seen.zero_s);
  const originMs = marks.get("CHARGE")?.timestamp_ms ?? NaN;
  const table = tableOf(curve, originMs);
  for (const [name, tab] of Object.entries({ first, second })) {
    expect(taken(tab, seen.session_id), `the curve that the ${name} tab took`).toEqual(curve);
    // Preheat stands above the recording.
    expect((await shownTable(tab.page)).slice(-table.length), `the curve that the ${name} tab shows`).toEqual(table);
    const told = lastWords(tab.frames.filter((frame) => frame.type === "event"));
    for (const type of MARKS) {
      const mark = marks.get(type);
      expect(told.get(type), `${type} as the ${name} tab was told`).toMatchObject({ timestamp_ms: mark?.timestamp_ms, bt_at_event: mark?.bt_at_event });
      expect(lastWords(seen.event).get(type), `${type} as the follower was told`).toMatchObject({ timestamp_ms: mark?.timestamp_ms });
      await expect(tab.page.getByTestId(`mark-${type}`)).toContainText(`${duration((mark?.timestamp_ms ?? NaN) - originMs)} · ${temp(mark?.bt_at_event, "C")} °C`);
    }
  }
  expect(seen.control_ack.at(-1), "the follower's last word on the burner").toMatchObject({ channel: "burner", applied: true, value: 0.4 });
}

/** Saves what ended, and comes to it through the list. */
async function saveAndFind(page: Page): Promise<void> {
  await page.getByTestId("open-save").click();
  await page.getByTestId("save-name").fill(NAME);
  await page.getByTestId("save-profile").click();
  await expect(page.getByRole("heading", { name: NAME })).toBeVisible();
  await page.getByRole("link", { name: "Profiles", exact: true }).click();
  await page.getByTestId("profile-search").fill("modbus");
  await expect(page.getByTestId("profile-row")).toHaveCount(1);
  await page.getByRole("link", { name: NAME }).click();
  await expect(page.getByTestId("profile")).toBeVisible();
}

async function expectReplay({ page, frames }: Tab, curve: Reading[], originMs: number): Promise<void> {
  await page.getByTestId("open-replay").click();
  await expect(page.getByTestId("replay-frame")).toContainText("REPLAY – not live");
  await page.getByTestId("replay-speed").selectOption("60");
  await page.getByTestId("replay-start").click();
  await expect(page.getByTestId("replay-stop")).toBeVisible();
  await expect(page.getByText("Played to its end")).toBeVisible();
  const replayed = frames.filter((frame) => frame.type === "replay").map(({ timestamp_ms, bt }) => ({ timestamp_ms, bt }));
  expect(replayed).toEqual(curve.map(({ timestamp_ms, bt }) => ({ timestamp_ms, bt })));
  expect(await shownTable(page), "the curve that the replay shows").toEqual(tableOf(curve, originMs));
}

// Twenty times as fast as life: half a second without a core is ten seconds of the roast, and its DROP may lie in them.
test("a roast on Modbus registers is the same roast in two tabs, in a Python client, over REST and in its replay", { tag: "@alone" }, async ({ page, context, daemon }) => {
  test.setTimeout(HANGS_MS);
  const player = startPeer("play_roast.py", String(PACE));
  const peers = [player];
  try {
    const { machine } = (await player.next()) as { machine: { id: string } };
    await daemon.addMachine(machine);
    const first = await cockpit(page, daemon, machine.id);
    const second = await cockpit(await context.newPage(), daemon, machine.id);
    const follower = startPeer("follow_roast.py", daemon.url, machine.id, String(PACE));
    peers.push(follower);
    expect(await follower.next()).toEqual({ following: true });
    const truth = await roast(first, second, player);
    const seen = (await follower.next()) as Followed;
    const view = await daemon.session(machine.id);
    await expectSame(first, second, seen, truth, view);
    await saveAndFind(first.page);
    await expectReplay(first, rowsOf(view.series), lastWords(view.events).get("CHARGE")?.timestamp_ms ?? NaN);
  } finally {
    await Promise.all(peers.map((peer) => peer.stop()));
  }
});
