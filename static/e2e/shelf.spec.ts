// The shelf of saved roasts: finding, bringing in, comparing, throwing away.

import { expect, open, test } from "./fixtures/daemon";
import { keep, kept, roast } from "./fixtures/profiles";

test("the list narrows by words, dates and comes page by page", async ({ page, daemon }) => {
  await keep(daemon, { name: "Guji 214", createdAt: "2026-03-02T12:00:00Z", more: { tags: ["washed"], batch: "K12", rating: 4 } });
  await keep(daemon, { name: "Kenya light", createdAt: "2026-03-09T12:00:00Z" });
  await open(page, daemon, "#/profiles");
  const rows = page.getByTestId("profile-row");
  await expect(rows).toHaveCount(2);
  await expect(rows.first()).toContainText("Kenya light");
  await expect(rows.last()).toContainText("K12");
  await expect(rows.last().getByRole("img", { name: "4 of 5" })).toBeVisible();
  await page.getByTestId("profile-search").fill("washed");
  await expect(rows).toHaveCount(1);
  await expect(rows).toContainText("Guji 214");
  await page.getByTestId("profile-search").fill("");
  await page.getByTestId("profile-from").fill("2026-03-05");
  await expect(rows).toHaveCount(1);
  await expect(rows).toContainText("Kenya light");
  await page.getByTestId("profile-to").fill("2026-03-06");
  await expect(page.getByText("Nothing found")).toBeVisible();
  await page.getByRole("button", { name: "Show all" }).click();
  await expect(rows).toHaveCount(2);
  await page.route("**/api/profiles?*", async (route) => {
    const url = new URL(route.request().url());
    url.searchParams.set("limit", "1");
    await route.continue({ url: url.toString() });
  });
  await page.getByTestId("profile-search").fill("drum");
  await expect(rows).toHaveCount(1);
  await page.getByTestId("more").click();
  await expect(rows).toHaveCount(2);
});

test("a list that cannot be had says why and comes when it can", async ({ page, daemon }) => {
  await keep(daemon, { name: "Guji 214" });
  await page.route("**/api/profiles?*", (route) => route.abort());
  await open(page, daemon, "#/profiles");
  await expect(page.getByRole("alert")).toContainText("cannot be reached");
  await page.unroute("**/api/profiles?*");
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(page.getByTestId("profile-row")).toHaveCount(1);
});

test("a good file comes in, a bad one is refused with the daemon's words", async ({ page, daemon }) => {
  await open(page, daemon, "#/profiles");
  await expect(page.getByText("No profiles yet")).toBeVisible();
  await page.getByTestId("import").click();
  await page.getByTestId("import-files").setInputFiles([
    { name: "good.json", mimeType: "application/json", buffer: Buffer.from(JSON.stringify(roast({ name: "From a file" }))) },
    { name: "bad.csv", mimeType: "text/csv", buffer: Buffer.from("neither here\nnor there") },
    { name: "short.json", mimeType: "application/json", buffer: Buffer.from(JSON.stringify({ ...roast({ name: "x" }), series: { timestamp_ms: [0, 1000], bt: [1] } })) },
  ]);
  const outcomes = page.getByTestId("import-outcome");
  await expect(outcomes.nth(0)).toHaveAttribute("data-outcome", "taken");
  await expect(outcomes.nth(1)).toContainText("is no profile that can be told");
  await expect(outcomes.nth(2)).toContainText("/series/bt");
  await page.getByRole("button", { name: "Close" }).click();
  await expect(page.getByTestId("profile-row")).toHaveCount(1);
});

test("a deletion is taken back, and done when the person goes on", async ({ page, daemon }) => {
  const [first, second] = [await keep(daemon, { name: "Guji 214" }), await keep(daemon, { name: "Kenya light" })];
  await open(page, daemon, "#/profiles");
  const rows = page.getByTestId("profile-row");
  await rows.filter({ hasText: "Guji" }).getByTestId("tick").check();
  await page.getByTestId("delete").click();
  await expect(rows).toHaveCount(1);
  expect(await kept(daemon, first), "nothing is deleted yet").not.toBeNull();
  await page.getByTestId("undo-delete").click();
  await expect(rows).toHaveCount(2);
  await rows.filter({ hasText: "Kenya" }).getByRole("link").click();
  await page.getByTestId("delete").click();
  await expect(page.getByTestId("trash")).toContainText("Kenya light is deleted");
  await expect(rows).toHaveCount(1);
  await page.getByRole("link", { name: "Machines" }).click();
  await expect.poll(() => kept(daemon, second)).toBeNull();
  expect(await kept(daemon, first)).not.toBeNull();
});

test("two roasts are laid over one another by CHARGE, and one without first crack is told so", async ({ page, daemon }) => {
  await keep(daemon, { name: "Guji 214", charge: 20, drop: 620, crack: 500 });
  await keep(daemon, { name: "Kenya light", charge: 50, drop: 635, crack: null, createdAt: "2026-03-02T08:00:00Z" });
  await open(page, daemon, "#/profiles");
  const rows = page.getByTestId("profile-row");
  await page.getByTestId("profile-search").fill("guji");
  await expect(rows).toHaveCount(1);
  await rows.getByTestId("tick").check();
  await expect(page.getByTestId("ticked")).toContainText("Tick one more");
  await page.getByTestId("profile-search").fill("kenya");
  await expect(rows).toContainText("Kenya light");
  await rows.getByTestId("tick").check();
  await expect(page.getByTestId("ticked")).toContainText("measured by Guji 214");
  await page.getByTestId("compare").click();
  const total = page.getByTestId("compare-table").getByRole("row", { name: /^Total/ });
  await expect(total).toContainText("9:45");
  await expect(total).toContainText("10:00");
  await expect(total).toContainText("−0:15");
  await expect(page.getByTestId("not-aligned")).toHaveCount(0);
  const chart = page.getByTestId("compare-chart");
  const box = await chart.locator(".plot-over").boundingBox();
  if (box === null) throw new Error("there is no chart");
  // At the zero of the axis both roasts stand at their CHARGE: 200 °C.
  for (let share = 0; share <= 0.2; share += 0.005) {
    await page.mouse.move(box.x + box.width * share, box.y + box.height / 2);
    if ((await chart.locator("b").textContent()) === "0:00") break;
  }
  await expect(chart).toContainText(/REF 200\.0 °C.*A 200\.0 °C/s);
  await page.getByTestId("align-FCs").click();
  await expect(page.getByTestId("not-aligned")).toContainText("Kenya light has no FCs");
  await page.getByTestId("align-TP").click();
  await expect(page.getByTestId("not-aligned")).toHaveCount(0);
  await page.getByTestId("measure-by-1").click();
  await expect(total).toContainText("+0:15");
});

test("a comparison of nothing leads back to the list, and a lost roast does not take the others along", async ({ page, daemon }) => {
  const id = await keep(daemon, { name: "Guji 214" });
  const other = await keep(daemon, { name: "Kenya light" });
  await open(page, daemon, "#/compare");
  await expect(page.getByRole("link", { name: "Choose roasts" })).toBeVisible();
  await open(page, daemon, `#/compare?ids=${id},0190aaaa-0000-7000-8000-000000000000,${other}`);
  await expect(page.getByRole("alert")).toContainText("may have been deleted");
  await expect(page.getByTestId("compare-table")).toContainText("Kenya light");
});
