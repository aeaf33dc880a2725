import { expect, open, test } from "./fixtures/daemon";

test("a machine is changed, but not while it records, and removed by its name", async ({ page, daemon }) => {
  await daemon.addRoaster("demo", { name: "Demo", operator: false });
  await open(page, daemon, "#/m/demo/setup");
  await page.getByTestId("step-link").click();
  await page.getByTestId("field-driver-noise").fill("9");
  await page.getByTestId("save-machine").click();
  await expect(page.getByTestId("fault-summary")).toContainText("use 0 to 5 °C");
  await page.getByTestId("field-driver-noise").fill("0");
  await page.getByTestId("save-machine").click();
  await expect(page.getByTestId("saved")).toHaveText("Saved.");
  await expect(page.getByTestId("machine-driver")).toHaveText("Connected.");
  await daemon.act("demo", "start_monitoring");
  await daemon.act("demo", "start_recording");
  await expect(page.getByTestId("recording")).toBeVisible();
  await page.getByTestId("field-driver-noise").fill("1");
  await page.getByTestId("save-machine").click();
  await expect(page.getByTestId("fault-summary")).toContainText("recording");
  await daemon.act("demo", "stop_recording");
  await page.getByTestId("machine-disconnect").click();
  await expect(page.getByTestId("machine-driver")).toContainText("not connected");
  await page.getByTestId("machine-connect").click();
  await expect(page.getByTestId("machine-driver")).toHaveText("Connected.");
  await page.getByTestId("machine-remove").click();
  await page.getByTestId("remove-confirm").click();
  await expect(page.getByTestId("remove-dialog")).toContainText("Type Demo to remove it");
  await page.getByTestId("remove-name").fill("Demo");
  await page.getByTestId("remove-confirm").click();
  await expect(page.getByTestId("empty")).toBeVisible();
});

test("what was typed survives a look at another screen", async ({ page, daemon }) => {
  await daemon.addRoaster("demo", { name: "Demo", operator: false });
  await open(page, daemon, "#/m/demo/setup");
  await page.getByTestId("field-name").fill("Other");
  await page.getByRole("link", { name: "Alarms and interlocks" }).click();
  await page.getByTestId("tab-rules").click();
  await expect(page.getByTestId("left-over")).toBeVisible();
  await page.getByRole("link", { name: "Set up" }).click();
  await expect(page.getByTestId("field-name")).toHaveValue("Other");
  await page.getByTestId("left-over").getByRole("button").click();
  await expect(page.getByTestId("field-name")).toHaveValue("Demo");
});

test("a daemon that cannot be reached is said so, and what was typed stays", async ({ page, daemon }) => {
  await daemon.addRoaster("demo", { name: "Demo", operator: false });
  await open(page, daemon, "#/m/demo/setup");
  await page.getByTestId("field-name").fill("Other");
  await page.route("**/api/machines/demo", (route) => route.abort());
  await page.getByTestId("save-machine").click();
  await expect(page.getByTestId("fault-summary")).toContainText("The daemon cannot be reached");
  await expect(page.getByTestId("field-name")).toHaveValue("Other");
  await page.unroute("**/api/machines/demo");
  await page.getByTestId("save-machine").click();
  await expect(page.getByTestId("saved")).toHaveText("Saved.");
  await open(page, daemon, "#/m/nobody/setup");
  await expect(page.getByTestId("setup-failed")).toContainText("there is no machine `nobody`");
  await open(page, daemon, "#/m/nobody/alarms");
  await expect(page.getByTestId("link-ended")).toBeVisible();
});
