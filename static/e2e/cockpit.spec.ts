import type { Page } from "@playwright/test";
import { expect, open, test, type Daemon } from "./fixtures/daemon";

const SPEED = 10;

const AIR_BEFORE_FIRE = {
  id: "air_before_fire", blocks: { channel: "burner", above: 0 }, unless: [{ channel: "airflow", at_least: 20 }], message: "Open the air first",
};

/** A cockpit that records. */
async function recording(page: Page, daemon: Daemon, more: object = {}): Promise<void> {
  await daemon.addRoaster("demo", { speed: SPEED, operator: false, more });
  await open(page, daemon, "#/m/demo");
  await page.getByTestId("start_monitoring").click();
  await page.getByTestId("start_recording").click();
  await expect(page.getByTestId("session-state")).toHaveAttribute("data-state", "recording");
  // An event set before the first reading would have no temperature.
  await expect(page.getByTestId("timer")).toContainText(/00:0[2-9]|00:[1-5]/);
}

const number = async (page: Page, id: string) => Number((await page.getByTestId(id).innerText()).match(/[\d.]+/)?.[0]);

test("the numbers, the timer and the curve move", async ({ page, daemon }) => {
  await recording(page, daemon);
  await expect(page.getByTestId("readout-bt")).toHaveText(/\d+\.\d/);
  const before = await page.getByTestId("timer").innerText();
  const canvas = page.locator(".chart-host canvas");
  const picture = async () => (await canvas.screenshot()).toString("base64");
  const first = await picture();
  await expect.poll(picture, { timeout: 10_000 }).not.toBe(first);
  await expect(page.getByTestId("timer")).not.toHaveText(before);
});

test("a slider shows what was asked for and then what was applied", async ({ page, daemon }) => {
  await recording(page, daemon);
  const before = await number(page, "applied-burner");
  await page.getByTestId("up-burner").click();
  await expect(page.getByTestId("outcome-burner")).toHaveAttribute("data-ask", "applied");
  await expect(page.getByTestId("applied-burner")).toHaveText(`${before + 5} %`);
});

test("a slider is moved by keys, one step and ten", async ({ page, daemon }) => {
  await recording(page, daemon);
  const slider = page.getByTestId("slider-burner");
  await slider.focus();
  await slider.press("Home");
  await expect(page.getByTestId("applied-burner")).toHaveText("0 %");
  await slider.press("PageUp");
  await slider.press("ArrowRight");
  await expect(page.getByTestId("applied-burner")).toHaveText("11 %");
});

test("a dragged slider ends where it was let go", async ({ page, daemon }) => {
  await recording(page, daemon);
  const thumb = page.getByTestId("slider-burner");
  const track = page.locator(".track", { has: thumb });
  const from = await thumb.boundingBox();
  const box = await track.boundingBox();
  if (from === null || box === null) throw new Error("the slider is not on screen");
  await page.mouse.move(from.x + from.width / 2, from.y + from.height / 2);
  await page.mouse.down();
  for (const share of [0.3, 0.5, 0.7, 0.9]) await page.mouse.move(box.x + box.width * share, box.y + box.height / 2, { steps: 4 });
  await page.mouse.move(box.x + box.width, box.y + box.height / 2);
  await page.mouse.up();
  await expect(page.getByTestId("applied-burner")).toHaveText("100 %");
});

test("a refused order goes back and says why; one that is answered late is sent, one that is never answered unknown", async ({ page, context, daemon }) => {
  let answers: "pass" | "hold" | "lose" = "pass";
  const held: (() => void)[] = [];
  await page.routeWebSocket(/\/ws\/live\//, (socket) => {
    const server = socket.connectToServer();
    server.onMessage((message) => {
      const isAck = String(message).includes('"control_ack"');
      // What follows a late answer is late as well: a line keeps its order.
      if ((isAck || held.length > 0) && answers === "hold") held.push(() => socket.send(message));
      else if (!isAck || answers === "pass") socket.send(message);
    });
  });
  await recording(page, daemon, { interlocks: [AIR_BEFORE_FIRE] });
  const applied = (tab: Page, id: string) => tab.getByTestId(`applied-${id}`);
  const ask = (id: string) => page.getByTestId(`outcome-${id}`);
  await page.getByTestId("slider-airflow").press("Home");
  await expect(applied(page, "airflow")).toHaveText("0 %");
  const before = await applied(page, "burner").innerText();
  await page.getByTestId("up-burner").click();
  await expect(page.getByTestId("refusal-burner")).toHaveText(AIR_BEFORE_FIRE.message);
  await expect(applied(page, "burner")).toHaveText(before);
  await page.getByTestId("help").click();
  await expect(page.getByTestId("log"), "a refusal at its control is no notice").toBeHidden();
  await page.keyboard.press("Escape");

  const other = await context.newPage();
  await open(other, daemon, "#/m/demo");
  await expect(applied(other, "airflow")).toHaveText("0 %");
  answers = "hold";
  await page.getByTestId("up-airflow").click();
  await expect(ask("airflow")).toHaveAttribute("data-ask", "sent");
  await expect(applied(other, "airflow"), "the other tab has the daemon's word").toHaveText("5 %");
  await expect(applied(page, "airflow"), "nothing counts as applied before the answer").toHaveText("0 %");
  answers = "pass";
  for (const pass of held.splice(0)) pass();
  await expect(ask("airflow")).toHaveAttribute("data-ask", "applied");
  await expect(applied(page, "airflow")).toHaveText("5 %");

  answers = "lose";
  await page.getByTestId("up-airflow").click();
  await expect(ask("airflow")).toHaveAttribute("data-ask", "unknown");
  await expect(ask("airflow")).toContainText("check machine");
  await expect(applied(page, "airflow"), "the next reading tells where it stands").toHaveText("10 %");
});

test("events are set by button and by key, shown with time and BT, and undone", async ({ page, daemon }) => {
  await recording(page, daemon);
  await page.getByTestId("mark-CHARGE").click();
  await expect(page.getByTestId("mark-CHARGE")).toHaveAttribute("data-source", "manual");
  await expect(page.getByTestId("mark-CHARGE")).toContainText(/0:00 · \d+\.\d °C/);
  await page.locator("body").press("2");
  await expect(page.getByTestId("mark-DRY_END")).toHaveAttribute("data-source", "manual");
  await page.locator("h1").click();
  await page.keyboard.press("Space");
  await expect(page.getByTestId("mark-FCs")).toHaveAttribute("data-source", "manual");
  await page.keyboard.press("u");
  await expect(page.getByTestId("mark-FCs")).toHaveAttribute("data-source", "");
  await expect(page.getByTestId("phases")).toContainText("Maillard");
});

test("STOP holds the outputs safe until they are re-armed", async ({ page, daemon }) => {
  await recording(page, daemon);
  await page.getByTestId("up-burner").click();
  await expect(page.getByTestId("outcome-burner")).toHaveAttribute("data-ask", "applied");
  await page.keyboard.press("Control+Shift+H");
  await expect(page.getByTestId("latched")).toBeVisible();
  await expect(page.getByTestId("applied-burner")).toHaveText("0 %");
  await expect(page.getByTestId("up-burner")).toBeDisabled();
  await page.getByTestId("rearm").click();
  await expect(page.getByTestId("latched")).toBeHidden();
  await expect(page.getByTestId("up-burner")).toBeEnabled();
});

test("a second tab sees the same curve and the same values", async ({ page, context, daemon }) => {
  await recording(page, daemon);
  await page.getByTestId("up-burner").click();
  await expect(page.getByTestId("outcome-burner")).toHaveAttribute("data-ask", "applied");
  const applied = await page.getByTestId("applied-burner").innerText();
  const other = await context.newPage();
  await open(other, daemon, "#/m/demo");
  await expect(other.getByTestId("applied-burner")).toHaveText(applied);
  await page.getByTestId("up-burner").click();
  await expect(page.getByTestId("applied-burner")).not.toHaveText(applied);
  await expect(other.getByTestId("applied-burner")).toHaveText(await page.getByTestId("applied-burner").innerText());
  const shown = async (tab: Page) => {
    await tab.getByRole("button", { name: "Table" }).click();
    const rows = await tab.locator("dialog tbody tr").allTextContents();
    await tab.keyboard.press("Escape");
    // The preheat is only with the tab that saw it.
    return rows.filter((row) => !row.startsWith("\u2212"));
  };
  await page.waitForTimeout(8_000);
  const [mine, theirs] = [await shown(page), await shown(other)];
  const common = Math.min(mine.length, theirs.length) - 1;
  expect(common).toBeGreaterThan(1);
  expect(mine.slice(0, common)).toEqual(theirs.slice(0, common));
});

test("who steers is told to everybody, and control can be asked for", async ({ page, context, daemon }) => {
  await recording(page, daemon);
  await expect(page.getByTestId("lease")).toContainText("you control");
  const other = await context.newPage();
  await open(other, daemon, "#/m/demo");
  await expect(other.getByTestId("controls-locked")).toContainText("Controlled by");
  await expect(other.getByTestId("up-burner")).toBeDisabled();
  await other.getByTestId("take-control").click();
  await expect(other.getByTestId("lease")).toContainText("you control", { timeout: 12_000 });
  await expect(page.getByTestId("controls-locked")).toBeVisible();
});

test("whoever steers is asked, and may keep control or hand it over", async ({ page, context, daemon }) => {
  await recording(page, daemon);
  const other = await context.newPage();
  await open(other, daemon, "#/m/demo");
  await other.getByTestId("take-control").click();
  await expect(page.getByTestId("control-request")).toContainText("asks for control");
  await page.getByRole("button", { name: "Keep control" }).click();
  await expect(page.getByTestId("lease")).toContainText("you control");
  await expect(other.getByTestId("take-control"), "a refusal lets one ask again").toBeEnabled();
  await other.getByTestId("take-control").click();
  await page.getByRole("button", { name: "Hand over" }).click();
  await expect(other.getByTestId("lease")).toContainText("you control");
  await expect(page.getByTestId("controls-locked")).toBeVisible();
});

test("the help names every shortcut and what the page is not", async ({ page, daemon }) => {
  await recording(page, daemon);
  await page.keyboard.press("?");
  await expect(page.getByTestId("help-dialog")).toContainText("not a safety device");
  await page.keyboard.press("1");
  await page.keyboard.press("Escape");
  await expect(page.getByTestId("help-dialog")).toBeHidden();
  await expect(page.getByTestId("mark-CHARGE"), "a key pressed in a dialog marked").toHaveAttribute("data-source", "");
});

test("a value is typed: b75 and Enter, and what makes no sense is said", async ({ page, daemon }) => {
  await recording(page, daemon);
  await page.locator("h1").click();
  await page.keyboard.press("e");
  await page.keyboard.type("b75");
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("applied-burner")).toHaveText("75 %");
  await expect(page.getByTestId("quick-entry")).toBeHidden();
  await page.getByTestId("type-value").click();
  await page.keyboard.type("b175");
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("quick-entry")).toContainText("from 0 to 100");
  await page.keyboard.press("Escape");
  await expect(page.getByTestId("quick-entry")).toBeHidden();
  await expect(page.getByTestId("applied-burner")).toHaveText("75 %");
});

test("a countdown runs down to its word", async ({ page, daemon }) => {
  await recording(page, daemon);
  await page.locator("h1").click();
  await page.keyboard.press("t");
  await page.getByTestId("timer-minutes").fill("0:61");
  await page.getByTestId("timer-start").click();
  await expect(page.getByTestId("timer-dialog")).toContainText("2:30");
  await page.getByTestId("timer-minutes").fill("0:02");
  await page.getByTestId("timer-start").click();
  await expect(page.getByTestId("countdown")).toHaveText(/0:0[12]/);
  await expect(page.getByTestId("countdown")).toContainText("Time is up");
  await page.getByTestId("countdown").click();
  await page.getByTestId("timer-stop").click();
  await expect(page.getByTestId("countdown")).toHaveText("Timer");
});

test("the time since the last event runs beside the time since CHARGE", async ({ page, daemon }) => {
  await recording(page, daemon);
  await page.getByTestId("mark-CHARGE").click();
  await expect(page.getByTestId("timer")).toContainText("Since CHARGE");
  await expect(page.getByTestId("since-last")).toBeHidden();
  await page.getByTestId("mark-DRY_END").click();
  await expect(page.getByTestId("since-last")).toHaveText(/DRY END \+0:\d\d/);
  await page.getByTestId("mark-FCs").click();
  await expect(page.getByTestId("dtr")).toContainText(/Development 0:\d\d/);
  const first = await page.getByTestId("dtr").innerText();
  await expect(page.getByTestId("dtr"), "the share of development runs").not.toHaveText(first);
});

test("what is refused is said under the button that was pressed, and kept", async ({ page, daemon }) => {
  await daemon.addRoaster("demo", { operator: false });
  await page.routeWebSocket(/\/ws\/live\//, (socket) => {
    const server = socket.connectToServer();
    // Somebody else was faster: the page has not heard of it yet.
    socket.onMessage((message) => server.send(String(message).replaceAll("start_monitoring", "stop_recording")));
  });
  await open(page, daemon, "#/m/demo");
  await page.getByTestId("start_monitoring").click();
  await expect(page.getByTestId("refusal-session")).toContainText("stop_recording");
  await expect(page.getByTestId("notice")).toContainText("stop_recording");
  await page.getByTestId("help").click();
  await expect(page.getByTestId("log")).toContainText("stop_recording");
});

test("Fahrenheit is a matter of this device: temperatures, differences and the axis", async ({ page, daemon }) => {
  await recording(page, daemon);
  await page.getByTestId("open-settings").click();
  await page.getByTestId("temperatures-F").click();
  await page.keyboard.press("Escape");
  await expect(page.getByTestId("readout-bt")).toContainText("°F");
  const { last_reading } = await daemon.session("demo");
  const shown = await number(page, "readout-bt");
  expect(Math.abs(shown - ((last_reading?.bt ?? NaN) * 1.8 + 32))).toBeLessThan(15);
});

test("the chart is looked into by wheel and by drag, and Live leads back to what it followed", async ({ page, daemon }) => {
  await recording(page, daemon);
  const plot = page.locator(".chart-host .u-over");
  const box = await plot.boundingBox();
  if (box === null) throw new Error("there is no plot");
  await page.getByRole("button", { name: "1 min" }).click();
  await expect(page.getByTestId("live")).toBeHidden();
  await page.mouse.move(box.x + box.width / 2, box.y + 40);
  await page.mouse.wheel(0, -200);
  await expect(page.getByTestId("live")).toBeVisible();
  await page.keyboard.press("l");
  await expect(page.getByTestId("live")).toBeHidden();
  await expect(page.getByRole("button", { name: "1 min" })).toHaveAttribute("aria-pressed", "true");
  await page.mouse.move(box.x + box.width * 0.3, box.y + 60);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.6, box.y + 60, { steps: 5 });
  await page.mouse.up();
  await expect(page.getByTestId("live")).toBeVisible();
  await page.keyboard.press("f");
  await expect(page.getByRole("button", { name: "All" })).toHaveAttribute("aria-pressed", "true");
});

test("a screen that cannot be kept lit says so, and what helps", async ({ page, daemon }) => {
  await page.addInitScript(() => Reflect.deleteProperty(Object.getPrototypeOf(navigator) as object, "wakeLock"));
  await open(page, daemon);
  await page.getByTestId("open-settings").click();
  await expect(page.getByTestId("settings")).toContainText("set a long display time-out");
});

test("a saved roast lies under the running one, with the difference at this moment, and B takes it away", async ({ page, daemon }) => {
  await recording(page, daemon);
  await page.getByTestId("mark-CHARGE").click();
  await expect(page.getByTestId("timer")).toContainText(/00:1\d/);
  await page.getByTestId("stop_recording").click();
  await page.getByTestId("save-name").fill("Yesterday");
  await page.getByTestId("save-profile").click();
  await expect(page.getByRole("heading", { name: "Yesterday" })).toBeVisible();
  await open(page, daemon, "#/m/demo");
  await page.getByTestId("start_monitoring").click();
  await page.getByTestId("start_recording").click();
  await page.getByTestId("reference").focus();
  await expect(page.getByTestId("reference").locator("option")).toHaveCount(2);
  await page.getByTestId("reference").selectOption({ index: 1 });
  await expect(page.getByTestId("overlay")).toHaveAttribute("aria-pressed", "true");
  await expect(page.getByTestId("delta"), "both begin at CHARGE").toBeHidden();
  await page.getByTestId("mark-CHARGE").click();
  await expect(page.getByTestId("delta")).toHaveText(/Δ ref [+\u2212]?\d+\.\d/);
  await page.keyboard.press("b");
  await expect(page.getByTestId("overlay")).toHaveAttribute("aria-pressed", "false");
  await expect(page.getByTestId("delta"), "the number stays").toBeVisible();
});

test("while readings stay away sliders ask first, and marks do not", async ({ page, daemon }) => {
  let isBlind = false;
  await page.routeWebSocket(/\/ws\/live\//, (socket) => {
    const server = socket.connectToServer();
    server.onMessage((message) => {
      if (!(isBlind && String(message).includes('"type":"temperature"'))) socket.send(message);
    });
  });
  await recording(page, daemon);
  isBlind = true;
  await expect(page.getByTestId("controls-stale")).toBeVisible({ timeout: 8_000 });
  await expect(page.getByTestId("up-burner")).toBeDisabled();
  await page.getByTestId("mark-CHARGE").click();
  await expect(page.getByTestId("mark-CHARGE")).toHaveAttribute("data-source", "manual");
  await page.getByRole("button", { name: "Send anyway" }).click();
  await page.getByTestId("up-burner").click();
  await expect(page.getByTestId("outcome-burner")).toHaveAttribute("data-ask", "applied");
});
