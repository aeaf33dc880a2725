// A whole roast by keyboard alone, and one by touch alone.

import type { Page } from "@playwright/test";
import { expect, open, test, type Daemon } from "./fixtures/daemon";

const EVENTS = ["CHARGE", "DRY_END", "FCs", "DROP"] as const;

async function elapsed(daemon: Daemon): Promise<number> {
  return (await daemon.session("demo")).elapsed_ms;
}

async function roastByKeys(page: Page, daemon: Daemon, keys: Record<(typeof EVENTS)[number] | "record" | "undo", string>): Promise<void> {
  await page.keyboard.press(keys.record);
  await expect(page.getByTestId("session-state")).toHaveAttribute("data-state", "monitoring");
  await page.keyboard.press(keys.record);
  await expect(page.getByTestId("session-state")).toHaveAttribute("data-state", "recording");
  await expect(page.getByTestId("timer")).toContainText(/00:0[2-9]/);
  await page.keyboard.press("e");
  await page.keyboard.type("b70");
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("applied-burner")).toHaveText("70 %");
  for (const event of EVENTS) {
    const before = await elapsed(daemon);
    await page.keyboard.press(keys[event]);
    await expect(page.getByTestId(`mark-${event}`)).toHaveAttribute("data-source", "manual");
    const after = await elapsed(daemon);
    const mark = (await daemon.session("demo")).events.find((found) => found.event_type === event);
    expect(mark?.timestamp_ms, `${event} was set when its key was pressed`).toBeGreaterThanOrEqual(before - 150);
    expect(mark?.timestamp_ms).toBeLessThanOrEqual(after);
  }
  await page.keyboard.press("4");
  await expect(page.getByTestId("mark-FCe")).toHaveAttribute("data-source", "manual");
  await page.keyboard.press(keys.undo);
  await expect(page.getByTestId("mark-FCe")).toHaveAttribute("data-source", "");
  await page.keyboard.press("Shift+R");
  await expect(page.getByTestId("finish-sheet")).toBeVisible();
}

test("a roast from preheating to saving needs no pointer", async ({ page, daemon }) => {
  await daemon.addRoaster("demo", { operator: false });
  await open(page, daemon, "#/m/demo");
  await expect(page.getByTestId("start_monitoring")).toBeEnabled();
  await roastByKeys(page, daemon, { CHARGE: "1", DRY_END: "2", FCs: "Space", DROP: "7", record: "r", undo: "u" });
  await page.getByTestId("save-name").focus();
  await page.keyboard.type("By keyboard");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "By keyboard" })).toBeVisible();
});

test("the same roast by keys that a person gave other places", async ({ page, daemon }) => {
  await daemon.addRoaster("demo", { operator: false });
  await open(page, daemon, "#/m/demo");
  await expect(page.getByTestId("start_monitoring")).toBeEnabled();
  await page.getByTestId("open-settings").click();
  await page.getByText("Change the keys").click();
  for (const [name, key] of [["CHARGE", "q"], ["DRY_END", "w"], ["record", "x"], ["undo", "z"]] as const) {
    await page.getByTestId(`key-${name}`).click();
    await page.keyboard.press(key);
    await expect(page.getByTestId(`key-${name}`)).toHaveText(key.toUpperCase());
  }
  await page.getByTestId("key-FCs").click();
  await page.keyboard.press("z");
  await expect(page.getByTestId("settings")).toContainText("Z is taken: Undo the last event");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");
  await expect(page.getByTestId("settings")).toBeHidden();
  await page.reload();
  await expect(page.getByTestId("start_monitoring")).toBeEnabled();
  await page.keyboard.press("r");
  await roastByKeys(page, daemon, { CHARGE: "q", DRY_END: "w", FCs: "3", DROP: "7", record: "x", undo: "z" });
});

test("with the single keys off only STOP is left of them", async ({ page, daemon }) => {
  await page.addInitScript(() => localStorage.setItem("hearth.shortcuts", "off"));
  await daemon.addRoaster("demo", { operator: false });
  await open(page, daemon, "#/m/demo");
  await expect(page.getByTestId("start_monitoring")).toBeEnabled();
  await page.keyboard.press("r");
  await page.keyboard.press("?");
  await page.keyboard.press("Control+Shift+H");
  await expect(page.getByTestId("latched")).toBeVisible();
  await expect(page.getByTestId("session-state")).toHaveAttribute("data-state", "idle");
  await expect(page.getByTestId("help-dialog")).toBeHidden();
});

test.describe("by touch", () => {
  test.use({ hasTouch: true, viewport: { width: 800, height: 1280 } });

  test("a roast needs no keyboard, and a finger that passes over a slider moves nothing", async ({ page, daemon }) => {
    await daemon.addRoaster("demo", { operator: false });
    await open(page, daemon, "#/m/demo");
    await page.getByTestId("start_monitoring").tap();
    await page.getByTestId("start_recording").tap();
    await expect(page.getByTestId("session-state")).toHaveAttribute("data-state", "recording");
    await expect(page.getByTestId("timer")).toContainText(/00:0[2-9]/);
    const track = page.locator(".track", { has: page.getByTestId("slider-burner") });
    const box = await track.boundingBox();
    if (box === null) throw new Error("the slider is not on screen");
    const before = await page.getByTestId("applied-burner").innerText();
    await track.scrollIntoViewIfNeeded();
    await track.tap({ position: { x: box.width - 20, y: box.height / 2 } });
    await expect(page.getByTestId("outcome-burner")).toHaveAttribute("data-ask", "idle");
    await expect(page.getByTestId("applied-burner")).toHaveText(before);
    await page.getByTestId("up-burner").tap();
    await expect(page.getByTestId("applied-burner")).not.toHaveText(before);
    for (const event of EVENTS) {
      await page.getByTestId(`mark-${event}`).tap();
      await expect(page.getByTestId(`mark-${event}`)).toHaveAttribute("data-source", "manual");
    }
    await page.getByTestId("undo").tap();
    await expect(page.getByTestId("mark-DROP")).toHaveAttribute("data-source", "");
    await page.getByTestId("mark-DROP").tap();
    await page.getByTestId("stop_recording").tap();
    await expect(page.getByTestId("finish-sheet")).toBeVisible();
    await page.getByTestId("save-profile").tap();
    await expect(page.getByTestId("profile")).toBeVisible();
  });
});
