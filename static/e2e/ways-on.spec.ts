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

/** Every screen, each also with something that is not there. */
const PLACES = [
  "#/", "#/m/demo", "#/m/demo/setup", "#/m/demo/alarms", "#/m/demo/programs", "#/m/demo/programs/none", "#/m/demo/programs/+", "#/m/demo/replay/none",
  "#/new", "#/tasks", "#/admin", "#/profiles", "#/profiles/none", "#/compare?ids=none", "#/print/none",
];
const SLOW_MS = 5_000;

for (const trouble of ["broken", "slow", "empty"] as const) {
  test(`a daemon that is ${trouble} leaves no dead end on any screen`, async ({ context, daemon }) => {
    if (trouble !== "empty") await daemon.addRoaster("demo", { operator: false });
    const errors: string[] = [];
    context.on("weberror", (error) => errors.push(error.error().message));
    await context.route("**/api/**", async (route) => {
      if (trouble === "broken") return route.fulfill({ status: 500, contentType: "text/html", body: "broken" });
      if (trouble === "slow") await new Promise((resolve) => setTimeout(resolve, SLOW_MS));
      return route.continue().catch(() => undefined);
    });
    // Side by side: each waits for its own answers.
    await Promise.all(PLACES.map(async (place) => {
      const page = await context.newPage();
      await open(page, daemon, place);
      const main = page.locator("main");
      await expect.poll(async () => (await main.innerText()).trim().length, { message: `${place} says nothing`, timeout: 20_000 }).toBeGreaterThan(0);
      await expect(main.locator("a, button").first(), `${place} leads nowhere`).toBeVisible({ timeout: 20_000 });
      // A form of its own needs no answer, so nothing is wrong with it.
      if (trouble === "broken" && !/\+$|new$/.test(place)) await expect(main.locator("svg.icon").first(), `${place} tells its state by words alone`).toBeVisible();
    }));
    expect(errors).toEqual([]);
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
