// Wall and cockpit in what can be wrong, for everybody's eyes.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "@playwright/test";
import { expect, open, test } from "./fixtures/daemon";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const TAGS = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"];
const ALWAYS_HOT = { alarms: [{ id: "high_bt", when: { channel: "bt", above: 5, deadband: 2, delay_ms: 0 }, severity: "critical", message: "BT exceeded 5 °C" }] };

type Violation = { id: string; nodes: { target: string[]; failureSummary: string }[] };

async function expectAccessible(page: Page, what: string): Promise<void> {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate((tags) => (globalThis as unknown as { axe: { run: (root: Document, options: unknown) => Promise<{ violations: Violation[] }> } }).axe.run(document, { runOnly: tags }), TAGS);
  expect(violations.map((found) => `${found.id}: ${found.nodes.map((node) => `${node.target.join(" ")} ${node.failureSummary}`).join(" | ")}`), what).toEqual([]);
}

const corner = (page: Page) => page.getByTestId("stop").boundingBox();

for (const theme of ["light", "dark", "contrast"] as const) {
  test(`wall and cockpit keep nobody out: normal, alarm, locked, offline, in ${theme}`, async ({ page, context, daemon }) => {
    await context.addInitScript((chosen) => localStorage.setItem("hearth.theme", chosen), theme);
    await daemon.addRoaster("calm", { name: "Calm", operator: false });
    await daemon.addRoaster("demo", { operator: false, more: ALWAYS_HOT });
    const other = await context.newPage();
    await open(other, daemon, "#/m/calm");
    await other.getByTestId("start_monitoring").click();
    await expect(other.getByTestId("lease")).toContainText("you control");

    await open(page, daemon, "#/");
    await expect(page.getByTestId("alarm-strip")).toContainText("Demo roaster: BT exceeded 5 °C");
    await expectAccessible(page, "wall with an alarm");
    const place = await corner(page);
    await open(page, daemon, "#/m/demo");
    await expect(page.getByTestId("alarm")).toContainText("BT exceeded");
    await expectAccessible(page, "cockpit with an alarm");
    expect(await corner(page)).toEqual(place);
    await page.getByRole("button", { name: "Acknowledge (A)" }).click();
    await open(page, daemon, "#/m/calm");
    await expect(page.getByTestId("controls-locked")).toBeVisible();
    await expectAccessible(page, "cockpit, locked");
    expect(await corner(page)).toEqual(place);
    await context.setOffline(true);
    await page.evaluate(() => dispatchEvent(new Event("offline")));
    await expect(page.getByTestId("readout-bt")).toHaveClass(/old/);
    await expectAccessible(page, "cockpit, offline");
    expect(await corner(page)).toEqual(place);
    await page.getByRole("link", { name: "All machines" }).click();
    await expect(page.getByTestId("wall")).toBeVisible();
    await expectAccessible(page, "wall, offline");
    await context.setOffline(false);
  });
}
