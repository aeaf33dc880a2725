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

const PLACES = ["#/", "#/m/demo", "#/profiles", "#/profiles/none"];
/** Screens that stand behind another; they share their ways with those above. */
const BEHIND = ["#/compare?ids=none,other", "#/print/none", "#/m/demo/replay/none", "#/tasks", "#/admin", "#/m/demo/setup", "#/m/demo/alarms", "#/m/demo/programs", "#/m/demo/programs/none"];

for (const [name, trouble] of [["broken", 500], ["slow", 5_000]] as const) {
  test(`a daemon that is ${name} leaves no dead end on any screen`, async ({ page, daemon }) => {
    await daemon.addRoaster("demo", { operator: false });
    await page.route("**/api/**", async (route) => {
      if (trouble === 500) return route.fulfill({ status: 500, contentType: "text/html", body: "broken" });
      await new Promise((resolve) => setTimeout(resolve, trouble));
      return route.continue().catch(() => undefined);
    });
    for (const place of trouble === 500 ? [...PLACES, ...BEHIND] : PLACES) {
      await open(page, daemon, place);
      await expect(page.locator("main")).toBeVisible();
      await expect.poll(async () => (await page.locator("main").innerText()).trim().length, { message: `${place} says nothing` }).toBeGreaterThan(0);
      await expect(page.locator("main").locator("a, button").first(), `${place} leads nowhere`).toBeVisible({ timeout: 12_000 });
      await expect(page.locator("main svg.icon").first(), `${place} tells its state by words alone`).toBeVisible();
    }
  });
}

test("a part of the page that cannot be fetched says so and offers a fresh start", async ({ page, daemon }) => {
  await open(page, daemon);
  await expect(page.getByTestId("empty")).toBeVisible();
  await page.route("**/assets/*.js", (route) => route.abort());
  await page.getByRole("link", { name: "Tasks" }).click();
  await expect(page.getByTestId("not-fetched")).toContainText("could not be fetched");
  await page.unroute("**/assets/*.js");
  await page.getByRole("button", { name: "Reload" }).click();
  await expect(page.getByText("Nothing is under way")).toBeVisible();
});
