import type { Page } from "@playwright/test";
import { expect, open, test, type Daemon } from "./fixtures/daemon";

/** A brewery as in etc/machines, whose heater wants the pump to run. */
async function brewery(daemon: Daemon, speed = 10): Promise<void> {
  await daemon.addMachine({
    id: "kettle", name: "Demo brewery", kind: "kettle", driver: { type: "simulator", model: "kettle", speed },
    interlocks: [{ id: "flow", blocks: { channel: "heater", above: 0 }, unless: [{ channel: "pump", at_least: 1 }], message: "Run the pump first" }],
  });
}

async function cockpit(page: Page, daemon: Daemon): Promise<void> {
  await open(page, daemon, "#/m/kettle");
  await expect(page.getByTestId("readout-hlt")).toContainText(/\d+\.\d/);
}

test("a brewery is steered from two tabs, and both show the same", async ({ page, context, daemon }) => {
  await brewery(daemon);
  await cockpit(page, daemon);
  const other = await context.newPage();
  await cockpit(other, daemon);
  await page.getByTestId("toggle-pump").click();
  await expect(page.getByTestId("outcome-pump")).toHaveAttribute("data-ask", "applied");
  await expect(other.getByTestId("applied-pump")).toHaveText("On");
  await expect(other.getByTestId("enter-setpoint"), "who steers is alone with it").toBeDisabled();
  await other.getByTestId("take-control").click();
  await page.getByRole("button", { name: "Hand over" }).click();
  await other.getByTestId("enter-setpoint").click();
  await other.getByTestId("entry").fill("120");
  await other.getByTestId("send-entry").click();
  await expect(other.getByText("A number from 0 to 100 °C is needed")).toBeVisible();
  await other.getByTestId("entry").fill("66,5");
  await other.getByTestId("send-entry").click();
  await expect(other.getByTestId("applied-setpoint")).toHaveText("66.5 °C");
  await expect(page.getByTestId("applied-setpoint")).toHaveText("66.5 °C");
});

test("a refused order goes back and says why at its own slider", async ({ page, daemon }) => {
  await brewery(daemon);
  await cockpit(page, daemon);
  await page.getByTestId("up-heater").click();
  await expect(page.getByTestId("refusal-heater")).toContainText("Run the pump first");
  await expect(page.getByTestId("applied-heater")).toHaveText("0 %");
  await expect(page.getByTestId("refusal-setpoint")).toHaveCount(0);
  await page.getByTestId("toggle-pump").click();
  await page.getByTestId("up-heater").click();
  await expect(page.getByTestId("applied-heater")).toHaveText("5 %");
});

test("a press on a number takes its line away and brings it back; the window is chosen", async ({ page, daemon }) => {
  await brewery(daemon);
  await cockpit(page, daemon);
  const chart = page.getByTestId("chart");
  await expect(chart).toHaveAttribute("data-lines", "hlt mash fermenter level");
  const picture = async () => (await page.locator(".chart-host").screenshot()).toString("base64");
  const before = await picture();
  await page.getByTestId("readout-mash").click();
  await expect(page.getByTestId("readout-mash")).toHaveAttribute("aria-pressed", "false");
  await expect(chart).toHaveAttribute("data-lines", "hlt fermenter level");
  await expect.poll(picture).not.toBe(before);
  await page.getByTestId("readout-mash").click();
  await expect(page.getByTestId("readout-mash")).toHaveAttribute("aria-pressed", "true");
  // A line that comes back makes the chart anew, under a pointer that must move to be noticed.
  await expect(async () => {
    for (const x of [300, 320]) await page.locator(".chart-host .plot-over").hover({ position: { x, y: 60 } });
    await expect(page.locator(".chart-tools .hover")).toContainText(/Mash \d+\.\d °C/, { timeout: 500 });
  }).toPass();
  await page.getByRole("button", { name: "All", exact: true }).click();
  await expect(page.getByRole("button", { name: "All", exact: true })).toHaveAttribute("aria-pressed", "true");
  await page.getByRole("button", { name: "Table" }).click();
  await expect(page.locator("dialog th")).toHaveText(["Time", "Hot liquor °C", "Mash °C", "Fermenter °C", "Hot liquor level l"]);
});

test("the chart is magnified by two fingers and the wheel, moved by one finger, and Live leads back", async ({ page, daemon }) => {
  await brewery(daemon);
  await cockpit(page, daemon);
  const plot = page.locator(".chart-host");
  const box = await plot.boundingBox();
  if (box === null) throw new Error("there is no plot");
  const x = (share: number) => box.x + box.width * share;
  const finger = (type: string, pointerId: number, share: number) =>
    plot.locator("canvas").dispatchEvent(type, { pointerId, pointerType: "touch", bubbles: true, clientX: x(share), clientY: box.y + 60 });
  const live = page.getByTestId("live");
  await finger("pointerdown", 1, 0.4);
  await finger("pointerdown", 2, 0.6);
  await finger("pointermove", 2, 0.8);
  await expect(live).toBeVisible();
  for (const id of [1, 2]) await finger("pointerup", id, 0.5);
  await live.click();
  await expect(live).toHaveCount(0);
  await finger("pointerdown", 1, 0.4);
  await finger("pointermove", 1, 0.403);
  await expect(live, "a tap moves nothing").toHaveCount(0);
  await finger("pointermove", 1, 0.6);
  await finger("pointerup", 1, 0.6);
  await expect(live).toBeVisible();
  await live.click();
  await page.mouse.move(x(0.5), box.y + 60);
  await page.mouse.wheel(0, -200);
  await expect(live).toBeVisible();
  await live.click();
  await page.mouse.move(x(0.5), box.y + 60);
  await page.mouse.wheel(-200, 0);
  await expect(live).toBeVisible();
  await page.mouse.move(0, 0);
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
  await page.keyboard.press("l");
  await expect(live, "the keys are those of a roast cockpit").toHaveCount(0);
  await page.keyboard.press("f");
  await expect(page.getByRole("button", { name: "All", exact: true })).toHaveAttribute("aria-pressed", "true");
});

test("what the controls stood at is drawn under the lines, in the order of the controls", async ({ page, daemon }) => {
  await brewery(daemon);
  await cockpit(page, daemon);
  /** Whether something is drawn where the lane of the pump, the second one, stands at its full height. */
  const isUp = () => page.locator(".chart-lanes").evaluate((canvas: HTMLCanvasElement) => {
    const { data } = canvas.getContext("2d")?.getImageData(canvas.width * 0.3, 22 + 3, canvas.width * 0.7, 6) ?? { data: [] };
    return data.some((value, at) => at % 4 === 3 && value > 100);
  });
  await expect(page.getByTestId("applied-pump")).toHaveText("Off");
  expect(await isUp()).toBe(false);
  await page.getByTestId("toggle-pump").click();
  await expect(page.getByTestId("applied-pump")).toHaveText("On");
  await expect.poll(isUp).toBe(true);
});

test("a recording is made and saved; STOP holds the outputs until they are re-armed", async ({ page, daemon }) => {
  await brewery(daemon);
  await cockpit(page, daemon);
  await page.getByTestId("start_monitoring").click();
  await page.getByTestId("start_recording").click();
  await page.getByTestId("toggle-pump").click();
  await page.getByTestId("up-heater").click();
  await expect(page.getByTestId("applied-heater")).toHaveText("5 %");
  await page.getByTestId("stop").click();
  await expect(page.getByTestId("latched")).toBeVisible();
  await expect(page.getByTestId("up-heater")).toBeDisabled();
  await expect(page.getByTestId("enter-heater")).toBeDisabled();
  await expect(page.getByTestId("applied-heater")).toHaveText("0 %");
  await page.getByTestId("rearm").click();
  await expect(page.getByTestId("up-heater")).toBeEnabled();
  await page.getByTestId("stop_recording").click();
  await page.getByTestId("open-save").click();
  await expect(page.getByTestId("save-bean")).toHaveCount(0);
  await page.getByTestId("save-name").fill("Mash of today");
  await page.getByTestId("save-profile").click();
  await expect(page.getByRole("heading", { name: "Mash of today" })).toBeVisible();
});

test("a scanner scans and shows its last picture", async ({ page, daemon }) => {
  await daemon.addMachine({ id: "bench", name: "Bench", kind: "scanner", sampling_interval_ms: 100, driver: { type: "simulator", model: "scanner", speed: 50 } });
  await open(page, daemon, "#/m/bench");
  await expect(page.getByRole("heading", { name: "Motors" })).toBeVisible();
  await page.getByTestId("positions").fill("0");
  await page.getByTestId("start-scan").click();
  await expect(page.locator("#app .fault")).toContainText("1");
  await page.getByTestId("positions").fill("3");
  await page.getByTestId("start-scan").click();
  const picture = page.getByTestId("picture");
  await expect(picture).toHaveAttribute("alt", "Position 3 of 3 of the scan");
  await expect.poll(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(0);
});
