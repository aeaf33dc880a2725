// The chart: looked into, and compared.

import { expect, open, test } from "./fixtures/daemon";
import { recording } from "./fixtures/recording";

test("the chart is looked into by wheel and by drag, and Live leads back to what it followed", async ({ page, daemon }) => {
  await recording(page, daemon);
  const plot = page.locator(".chart-host .plot-over");
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
  await expect(page.getByTestId("delta")).toHaveText(/Δ to the reference [+\u2212]?\d+\.\d/);
  await expect(page.getByTestId("delta-ror")).toHaveText(/Δ to the reference [+\u2212]?\d+\.\d/);
  await page.keyboard.press("b");
  await expect(page.getByTestId("overlay")).toHaveAttribute("aria-pressed", "false");
  await expect(page.getByTestId("delta"), "the number stays").toBeVisible();
});
