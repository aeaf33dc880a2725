import { expect, open, test } from "./fixtures/daemon";

test("an empty house offers a simulated roaster, and one press leads to its cockpit", async ({ page, daemon }) => {
  await open(page, daemon);
  await expect(page.getByTestId("empty")).toBeVisible();
  await page.getByTestId("add-simulator").click();
  await expect(page.getByTestId("cockpit")).toBeVisible();
  await expect(page).toHaveURL(/#\/m\/demo$/);
  await expect(page.getByRole("heading", { name: "Demo roaster" })).toBeVisible();
});

test("the wall shows every machine live", async ({ page, daemon }) => {
  await daemon.addRoaster("p12", { name: "Probat P12" });
  await daemon.addRoaster("s15", { name: "Loring S15" });
  await daemon.act("p12", "start_monitoring");
  await open(page, daemon);
  for (const id of ["p12", "s15"]) {
    const card = page.getByTestId(`card-${id}`);
    await expect(card.getByTestId("link-state")).toHaveAttribute("data-state", "live");
    await expect(card.getByTestId("card-bt")).toHaveText(/^\d+\.\d$/);
  }
  await expect(page.getByTestId("card-p12").getByTestId("session-state")).toHaveText(/MONITORING/);
  await page.getByRole("link", { name: "Probat P12" }).click();
  await expect(page.getByTestId("cockpit")).toBeVisible();
});

test("a machine that is no roaster lists its channels live", async ({ page, daemon }) => {
  await daemon.addMachine({ id: "brewery", name: "Brewery", kind: "kettle", driver: { type: "simulator", model: "kettle" } });
  await open(page, daemon);
  await expect(page.getByTestId("card-brewery").getByTestId("channel-hlt")).toHaveText(/^\d+\.\d/);
  await expect(page.getByTestId("card-brewery").getByTestId("channel-pump")).toHaveText("off");
});

test("a daemon that cannot be reached is said so, with a way to try again", async ({ page, daemon }) => {
  await page.route("**/api/machines", (route) => route.fulfill({ status: 500, contentType: "text/html", body: "broken" }));
  await open(page, daemon);
  await expect(page.getByTestId("list-failed")).toContainText("500");
  await page.unroute("**/api/machines");
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(page.getByTestId("empty")).toBeVisible();
});
