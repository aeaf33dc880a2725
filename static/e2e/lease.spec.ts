// Who steers, and what the others see meanwhile.

import type { Page } from "@playwright/test";
import { expect, open, test } from "./fixtures/daemon";
import { recording } from "./fixtures/recording";

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
