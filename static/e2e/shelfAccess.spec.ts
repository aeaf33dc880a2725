// The screens of saved roasts keep nobody out: what axe finds, sizes of targets, widths.

import type { Page } from "@playwright/test";
import { violations } from "./fixtures/axe";
import { expect, open, test, type Daemon } from "./fixtures/daemon";
import { keep } from "./fixtures/profiles";

async function shelf(daemon: Daemon): Promise<[string, string]> {
  const more = { tags: ["washed", "competition"], rating: 4, batch: "K12", operator: "Ada", notes: "Floral", green_weight_g: 1000, roasted_weight_g: 850 };
  return [await keep(daemon, { name: "Guji 214 with a name that is long", more }), await keep(daemon, { name: "Kenya light", crack: null })];
}

/** What can be pressed and is smaller than a finger. */
async function small(page: Page): Promise<string[]> {
  return page.evaluate(() => [...document.querySelectorAll("button, select, a.button, .tick label, input:not([type=checkbox], .visually-hidden)")].flatMap((element) => {
    const box = element.getBoundingClientRect();
    return box.height + 0.5 < 44 || box.width + 0.5 < 44 ? [`${element.outerHTML.slice(0, 80)} ${box.width}x${box.height}`] : [];
  }));
}

for (const theme of ["light", "dark"]) {
  test(`the screens of saved roasts keep nobody out, in ${theme}`, async ({ page, daemon }) => {
    await page.addInitScript((chosen) => localStorage.setItem("hearth.theme", chosen), theme);
    const [first, second] = await shelf(daemon);
    await open(page, daemon, "#/profiles");
    await page.getByTestId("tick").first().check();
    expect(await violations(page), "list").toEqual([]);
    await page.getByTestId("import").click();
    await expect(page.getByTestId("importer")).toBeVisible();
    expect(await violations(page), "import").toEqual([]);
    await open(page, daemon, `#/profiles/${first}`);
    await page.getByTestId("edit-events").click();
    await page.getByTestId("edit-card").click();
    await page.getByTestId("time-FCs").fill("soon");
    expect(await violations(page), "profile").toEqual([]);
    await open(page, daemon, `#/compare?ids=${first},${second}`);
    await page.getByTestId("align-FCs").click();
    await expect(page.getByTestId("not-aligned")).toBeVisible();
    expect(await violations(page), "compare").toEqual([]);
    await open(page, daemon, `#/print/${first}?against=${second}`);
    await expect(page.getByTestId("sheet")).toContainText("differs from");
    expect(await violations(page), "print").toEqual([]);
  });
}

test("every target can be hit and no screen is wider than a phone", async ({ page, daemon }) => {
  const [first, second] = await shelf(daemon);
  await daemon.addRoaster("demo", { operator: false });
  for (const action of ["start_monitoring", "start_recording"]) await daemon.act("demo", action);
  for (const [width, height] of [[1280, 800], [800, 1280], [390, 844]] as const) {
    await page.setViewportSize({ width, height });
    for (const place of ["#/profiles", `#/profiles/${first}`, `#/compare?ids=${first},${second}`, `#/print/${first}`, `#/m/demo/replay/${first}`]) {
      await open(page, daemon, place);
      await expect(page.locator("main .muted, main table, .replay-bar").first()).toBeVisible();
      if (place === "#/profiles") await page.getByTestId("tick").first().check();
      if (place.endsWith(first) && place.startsWith("#/profiles")) {
        await page.getByTestId("edit-events").click();
        await page.getByTestId("edit-card").click();
      }
      expect(await small(page), `${place} at ${width}`).toEqual([]);
      expect(await page.evaluate(() => Math.max(document.documentElement.scrollWidth - innerWidth, ...[...document.querySelectorAll("main")].map((main) => main.scrollWidth - main.clientWidth))), `${place} at ${width}`).toBeLessThanOrEqual(0);
    }
  }
});
