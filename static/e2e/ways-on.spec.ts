// No dead ends: wherever one comes, and whatever the daemon answers, there are words and a way on.

import { expect, open, test } from "./fixtures/daemon";

test("an address without a machine, and a screen without an address, lead on", async ({ page, daemon }) => {
  await open(page, daemon, "#/m/nowhere");
  await expect(page.getByTestId("link-ended")).toContainText("nowhere");
  await page.getByRole("link", { name: "Go to the machines" }).click();
  await expect(page.getByTestId("empty")).toBeVisible();
  await open(page, daemon, "#/what/is/this");
  await page.getByRole("link", { name: "Go to the machines" }).click();
  await expect(page.getByTestId("add-simulator")).toBeVisible();
});

for (const [name, trouble] of [["broken", 500], ["slow", 5_000]] as const) {
  test(`a daemon that is ${name} leaves no dead end on any screen`, async ({ page, daemon }) => {
    await daemon.addRoaster("demo", { operator: false });
    await page.route("**/api/**", async (route) => {
      if (trouble === 500) return route.fulfill({ status: 500, contentType: "text/html", body: "broken" });
      await new Promise((resolve) => setTimeout(resolve, trouble));
      return route.continue().catch(() => undefined);
    });
    for (const place of ["#/", "#/m/demo", "#/profiles", "#/profiles/none"]) {
      await open(page, daemon, place);
      await expect(page.locator("main")).toBeVisible();
      await expect.poll(async () => (await page.locator("main").innerText()).trim().length, { message: `${place} says nothing` }).toBeGreaterThan(0);
      await expect(page.locator("main").locator("a, button").first(), `${place} leads nowhere`).toBeVisible({ timeout: 12_000 });
    }
  });
}
