// One saved roast: put right, printed, used again.

import { expect, open, test } from "./fixtures/daemon";
import { printed } from "./fixtures/pdf";
import { keep, kept } from "./fixtures/profiles";

test("an event that is moved changes the figures", async ({ page, daemon }) => {
  const id = await keep(daemon, { name: "Guji 214" });
  await open(page, daemon, `#/profiles/${id}`);
  const statistics = page.getByTestId("statistics");
  await expect(statistics).toContainText("2:00");
  await page.getByTestId("edit-events").click();
  await expect(page.getByTestId("save-events")).toBeDisabled();
  await page.getByTestId("time-FCs").fill("soon");
  await expect(page.getByText("Give a time such as 8:49")).toBeVisible();
  await page.getByTestId("time-FCs").fill("8:10");
  await page.getByTestId("time-FCs").press("Enter");
  await expect(page.getByTestId("phases")).toContainText("1:30");
  await page.getByTestId("add-FCe").click();
  await page.locator(".plot-over").click({ position: { x: 900, y: 60 } });
  await page.getByTestId("remove-DRY_END").click();
  await page.getByTestId("save-events").click();
  await expect(page.getByTestId("event-table")).toContainText("First crack ends");
  await expect(page.getByTestId("event-table")).not.toContainText("End of drying");
  await expect(statistics).toContainText("1:30");
  await expect(statistics).not.toContainText("Maillard");
  expect((await kept(daemon, id))?.statistics).toMatchObject({ development_ms: 90_000, drying_ms: null });
});

test("what people say is put right in place, with faults at their fields", async ({ page, daemon }) => {
  const id = await keep(daemon, { name: "Guji 214", more: { green_weight_g: 1000 } });
  await open(page, daemon, `#/profiles/${id}`);
  await page.getByTestId("edit-card").click();
  await page.getByTestId("save-tags").fill("x".repeat(41));
  await page.getByTestId("save-card").click();
  await expect(page.getByTestId("save-tags")).toHaveAttribute("aria-invalid", "true");
  await expect(page.getByText("at most 40 are allowed")).toBeVisible();
  await page.getByTestId("save-tags").fill("washed, competition");
  await page.getByTestId("save-roasted").fill("850");
  await page.getByTestId("save-batch").fill("K12");
  await page.getByTestId("star-4").click();
  await page.getByTestId("save-notes").fill("Floral");
  await page.getByTestId("save-card").click();
  await expect(page.getByTestId("card")).toContainText("Floral");
  await expect(page.getByTestId("card").getByRole("img", { name: "4 of 5" })).toBeVisible();
  await expect(page.getByTestId("statistics")).toContainText("15.0 %");
  expect(await kept(daemon, id)).toMatchObject({ tags: ["washed", "competition"], rating: 4, batch: "K12", green_weight_g: 1000, roasted_weight_g: 850 });
});

test("a roast is printed on one or two pages without the frame of the screen", async ({ page, daemon }) => {
  const id = await keep(daemon, { name: "Guji 214", more: { notes: "Floral.\n".repeat(12), tags: ["washed"], green_weight_g: 1000, roasted_weight_g: 850 } });
  const other = await keep(daemon, { name: "Kenya light", createdAt: "2026-03-02T08:00:00Z" });
  await page.addInitScript(() => localStorage.setItem("hearth.theme", "dark"));
  await open(page, daemon, `#/print/${id}?against=${other}`);
  await expect(page.getByTestId("sheet")).toContainText("differs from Kenya light");
  await page.emulateMedia({ media: "print" });
  await expect(page.getByRole("navigation")).toBeHidden();
  await expect(page.getByTestId("print-now")).toBeHidden();
  const ink = await page.getByTestId("sheet").evaluate((sheet) => getComputedStyle(sheet).color);
  expect(ink, "paper is light also where the screen is dark").toBe("rgb(26, 30, 35)");
  const sheet = printed(await page.pdf({ preferCSSPageSize: true }));
  expect(sheet.pages).toBeGreaterThanOrEqual(1);
  expect(sheet.pages).toBeLessThanOrEqual(2);
  for (const word of ["Guji 214", "Drum", "1.00 kg", "850 g", "washed", "CHARGE", "DRY END", "FCs 7:40", "DROP", "Maillard", "Burner 80 %", "Burner 50 %", "Air 30 %", "Floral.", "RoR", "Ref", "Kenya light"]) {
    expect(sheet.text, word).toContain(word.replaceAll(" ", ""));
  }
  for (const word of ["Profiles", "Print", "Settings", "STOP"]) expect(sheet.text, "what the screen is framed by").not.toContain(word);
  // BT and ET are three hundred readings each.
  expect(sheet.lines.slice(0, 2).every((pieces) => pieces > 200), `lines of ${sheet.lines.slice(0, 5).join(", ")} pieces`).toBe(true);
  expect((await page.locator('.paper-curve path[stroke-dasharray="8 4"]').boundingBox())?.height, "the reference").toBeGreaterThan(50);
  await page.emulateMedia({ media: null });
  await open(page, daemon, `#/compare?ids=${id},${other}`);
  await expect(page.getByTestId("compare-table")).toBeVisible();
  const compared = printed(await page.pdf({ preferCSSPageSize: true }));
  expect(compared.pages).toBeLessThanOrEqual(2);
  for (const word of ["Guji 214", "Kenya light", "Total", "DTR"]) expect(compared.text, word).toContain(word.replaceAll(" ", ""));
  expect(compared.lines.slice(0, 2).every((pieces) => pieces > 200), `lines of ${compared.lines.slice(0, 5).join(", ")} pieces`).toBe(true);
});

test("a roast becomes the reference of a machine and stays it after a reload", async ({ page, daemon }) => {
  await daemon.addRoaster("demo");
  const id = await keep(daemon, { name: "Guji 214" });
  await open(page, daemon, `#/profiles/${id}`);
  await page.getByTestId("use-reference").click();
  await expect(page.getByTestId("reference")).toHaveValue(id);
  await page.reload();
  await expect(page.getByTestId("reference")).toHaveValue(id);
  await expect(page.getByTestId("reference").locator("option:checked")).toContainText("Guji 214");
});

test("a roast that goes on is not hidden by a replay", async ({ page, daemon }) => {
  await daemon.addRoaster("demo");
  await daemon.act("demo", "start_monitoring");
  await daemon.act("demo", "start_recording");
  await open(page, daemon, `#/m/demo/replay/${await keep(daemon, { name: "Guji 214" })}`);
  await expect(page.getByTestId("replay-start")).toBeDisabled();
  await expect(page.getByTestId("replay-frame")).toContainText("This machine is roasting");
});

test("a draft is saved as it is, later and from any device", async ({ page, daemon }) => {
  await daemon.addRoaster("demo", { operator: false });
  for (const action of ["start_monitoring", "start_recording", "stop_recording"]) await daemon.act("demo", action);
  await open(page, daemon, "#/profiles");
  await expect(page.getByTestId("profile-row")).toContainText("draft");
  await page.getByTestId("profile-row").getByRole("link").click();
  await page.getByTestId("keep-draft").click();
  await expect(page.getByTestId("keep-draft")).toHaveCount(0);
  await expect(page.getByText("draft", { exact: true })).toHaveCount(0);
});
