import type { Page } from "@playwright/test";
import { expect, open, test, type Daemon } from "./fixtures/daemon";

const SPEED = 10;

/** A cockpit that records. */
async function recording(page: Page, daemon: Daemon): Promise<void> {
  await daemon.addRoaster("demo", { speed: SPEED, operator: false });
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

test("a refused order goes back and says why; one without an answer is unknown", async ({ page, daemon }) => {
  test.skip(daemon.mock === null, "needs a device that refuses on demand");
  await recording(page, daemon);
  const machine = daemon.mock?.machines.get("demo");
  if (machine === undefined) return;
  const before = await page.getByTestId("applied-burner").innerText();
  machine.answering = "refuse";
  await page.getByTestId("up-burner").click();
  await expect(page.getByTestId("refusal-burner")).toHaveText("Open the air first");
  await expect(page.getByTestId("applied-burner")).toHaveText(before);
  machine.answering = "never";
  await page.getByTestId("up-airflow").click();
  await expect(page.getByTestId("outcome-airflow")).toHaveAttribute("data-ask", "sent");
  await expect(page.getByTestId("outcome-airflow")).toHaveAttribute("data-ask", "unknown");
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

test("the help names every shortcut and what the page is not", async ({ page, daemon }) => {
  await recording(page, daemon);
  await page.keyboard.press("?");
  await expect(page.getByTestId("help-dialog")).toContainText("not a safety device");
  await page.keyboard.press("1");
  await page.keyboard.press("Escape");
  await expect(page.getByTestId("help-dialog")).toBeHidden();
  await expect(page.getByTestId("mark-CHARGE"), "a key pressed in a dialog marked").toHaveAttribute("data-source", "");
});
