import { expect, open, test } from "./fixtures/daemon";

test("without what heat goes off is said below the controls, and set with them", async ({ page, daemon }) => {
  await daemon.addRoaster("demo", { operator: false });
  await open(page, daemon, "#/m/demo");
  await expect(page.getByTestId("care")).toHaveText("Heat goes off without a reading for 3 s; it stays on with nobody here");
  await open(page, daemon, "#/m/demo/setup");
  await page.getByTestId("step-controls").click();
  const alone = page.getByTestId("field-safety-operator_loss_ms");
  await alone.fill("5");
  await page.getByTestId("save-machine").click();
  await expect(page.getByTestId("fault-summary")).toContainText("With nobody here");
  await alone.fill("60");
  await page.getByTestId("save-machine").click();
  await expect(page.getByTestId("saved")).toHaveText("Saved.");
  await open(page, daemon, "#/m/demo");
  await expect(page.getByTestId("care")).toHaveText("Heat goes off without a reading for 3 s, or with nobody here for 1 min");
});
