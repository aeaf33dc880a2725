import { expect, open, test } from "./fixtures/daemon";

test("a roast is saved, found, opened and replayed", async ({ page, daemon }) => {
  await daemon.addRoaster("demo", { speed: 20, operator: false });
  await open(page, daemon, "#/m/demo");
  await page.getByTestId("start_monitoring").click();
  await page.getByTestId("start_recording").click();
  for (const event of ["CHARGE", "DRY_END", "FCs", "DROP"]) {
    await page.waitForTimeout(600);
    await page.getByTestId(`mark-${event}`).click();
    await expect(page.getByTestId(`mark-${event}`)).toHaveAttribute("data-source", "manual");
  }
  await page.getByTestId("stop_recording").click();
  await expect(page.getByTestId("finish-sheet")).toBeVisible();
  await page.getByTestId("save-name").fill("Guji 214");
  await page.getByTestId("save-bean").fill("Guji Uraga");
  await page.getByTestId("save-green").fill("12000");
  await page.getByTestId("save-roasted").fill("13000");
  await page.getByTestId("save-profile").click();
  await expect(page.getByText("Roasted coffee weighs less than green")).toBeVisible();
  await page.getByTestId("save-roasted").fill("10260");
  await page.getByTestId("save-tags").fill("washed, lot 7");
  await page.getByTestId("star-5").click();
  await page.getByTestId("fix-events").locator("summary").click();
  await page.getByTestId("remove-DRY_END").click();
  await expect(page.getByTestId("finish-sheet").getByTestId("phases")).not.toContainText("Maillard");
  await page.getByTestId("as-reference").check();
  await page.getByTestId("save-profile").click();

  await expect(page.getByTestId("profile")).toBeVisible();
  await expect(page.getByRole("heading", { name: "Guji 214" })).toBeVisible();
  await expect(page.getByTestId("statistics")).toContainText("14.5 %");
  await expect(page.getByTestId("event-table")).toContainText("First crack starts");
  await expect(page.getByTestId("event-table")).not.toContainText("End of drying");
  await expect(page.getByTestId("card")).toContainText("lot 7");
  await page.getByTestId("use-reference").click();
  await expect(page.getByTestId("reference").locator("option:checked")).toContainText("Guji 214");

  await page.getByRole("link", { name: "Profiles", exact: true }).click();
  await page.getByTestId("profile-search").fill("guji");
  await expect(page.getByTestId("profile-row")).toHaveCount(1);
  const size = page.viewportSize();
  await page.setViewportSize({ width: 390, height: 844 });
  const row = await page.getByTestId("profile-row").boundingBox();
  const loss = await page.getByTestId("profile-row").locator("td").last().boundingBox();
  expect((row?.x ?? 0) + (row?.width ?? 999)).toBeLessThanOrEqual(390);
  expect((loss?.y ?? 0)).toBeGreaterThan((row?.y ?? 0) + 40);
  if (size !== null) await page.setViewportSize(size);
  await page.getByTestId("profile-search").fill("sidamo");
  await expect(page.getByText("Nothing found")).toBeVisible();
  await page.getByTestId("profile-search").fill("");
  await page.getByRole("link", { name: "Guji 214" }).click();

  await page.getByTestId("open-replay").click();
  await expect(page.getByTestId("replay-frame")).toContainText("REPLAY – not live");
  await expect(page.locator(".control, .event-button")).toHaveCount(0);
  await expect(page.getByTestId("phases")).toContainText("press Start");
  await page.getByTestId("replay-speed").selectOption("10");
  await page.getByTestId("replay-start").click();
  await expect(page.getByTestId("replay-clock")).not.toHaveText(/^0:00 /);
  await expect(page.getByLabel("Replayed readings")).toContainText("Burner");
  await page.getByTestId("replay-pause").click();
  await expect(page.getByTestId("replay-resume")).toBeVisible();
  const held = await page.getByTestId("replay-clock").innerText();
  await page.waitForTimeout(1_500);
  await expect(page.getByTestId("replay-clock")).toHaveText(held);
  await page.getByTestId("replay-position").fill("20000");
  await expect(page.getByTestId("replay-clock")).toHaveText(/^0:(?:19|20) /);
  await page.getByTestId("replay-stop").click();
  await expect(page.getByTestId("replay-start")).toBeVisible();
});

test("a profile that does not exist is said so", async ({ page, daemon }) => {
  await open(page, daemon, "#/profiles/0190aaaa-0000-7000-8000-000000000000");
  await expect(page.getByText("There is no such profile")).toBeVisible();
  await page.getByRole("link", { name: "All profiles" }).click();
  await expect(page.getByText("No profiles yet")).toBeVisible();
});
