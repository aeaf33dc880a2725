// The cockpit: what stands in it and what is pressed in it.

import { expect, open, test } from "./fixtures/daemon";
import { recording } from "./fixtures/recording";

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
  await expect(page.getByTestId("up-airflow"), "air and motion are not what is held safe").toBeEnabled();
  await page.getByTestId("rearm").click();
  await expect(page.getByTestId("latched")).toBeHidden();
  await expect(page.getByTestId("up-burner")).toBeEnabled();
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
