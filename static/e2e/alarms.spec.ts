import { expect, open, test } from "./fixtures/daemon";

test("an alarm is written as a sentence, fires, is acknowledged and remembered", async ({ page, daemon }) => {
  await daemon.addRoaster("demo", { operator: false });
  await open(page, daemon, "#/m/demo/alarms");
  await expect(page.getByTestId("no-alarms")).toContainText("No alarm stands");
  await page.getByTestId("tab-rules").click();
  await page.getByTestId("add-alarm").click();
  await expect(page.getByTestId("field-alarms-0-when-channel")).toBeFocused();
  await page.getByTestId("save-rules").click();
  await expect(page.getByTestId("fault-summary")).toContainText("expected exactly one of above");
  await page.getByTestId("field-alarms-0-when-above").fill("10");
  await page.getByTestId("field-alarms-0-when-delay_ms").fill("0");
  await page.getByTestId("field-alarms-0-severity").selectOption("critical");
  await page.getByTestId("field-alarms-0-message").fill("Too hot");
  await expect(page.getByTestId("rule-alarms-0")).toContainText("When Beans is above 10 °C: critical");
  await page.getByTestId("save-rules").click();
  await expect(page.getByTestId("saved")).toHaveText("Saved.");
  await page.getByTestId("tab-active").click();
  const alarm = page.getByTestId("alarm-bt-alarm");
  await expect(alarm).toContainText("Too hot");
  await expect(alarm).toHaveAttribute("data-state", "unacked");
  await page.getByTestId("ack-bt-alarm").click();
  await expect(alarm).toHaveAttribute("data-state", "acked");
  await page.getByTestId("shelve-bt-alarm").click();
  await expect(alarm).toBeHidden();
  await page.getByTestId("tab-shelved").click();
  await expect(alarm).toContainText("shelved");
  await page.getByTestId("tab-history").click();
  await expect(page.getByTestId("alarm-history").getByRole("row", { name: /Too hot/ })).toContainText("still there");
});

test("an interlock refuses an order, and the control says why", async ({ page, daemon }) => {
  await daemon.addRoaster("demo", { operator: false });
  await open(page, daemon, "#/m/demo/alarms");
  await page.getByTestId("tab-rules").click();
  await page.getByTestId("add-interlock").click();
  await page.getByTestId("field-interlocks-0-blocks-channel").selectOption("burner");
  await page.getByTestId("field-interlocks-0-unless-0-channel").selectOption("airflow");
  await page.getByTestId("field-interlocks-0-unless-0-at_least").fill("90");
  await page.getByTestId("field-interlocks-0-message").fill("Open the air first");
  await expect(page.getByTestId("rule-interlocks-0")).toContainText("unless Airflow is at least 90 %");
  await page.getByTestId("save-rules").click();
  await expect(page.getByTestId("saved")).toHaveText("Saved.");
  await open(page, daemon, "#/m/demo");
  await expect(page.getByTestId("link-state")).toHaveAttribute("data-state", "live");
  await page.getByTestId("up-burner").click();
  await expect(page.getByTestId("refusal-burner")).toContainText("Open the air first");
});

test("a rule that the daemon refuses is told at its row", async ({ page, daemon }) => {
  await daemon.addRoaster("demo", { operator: false });
  await open(page, daemon, "#/m/demo/alarms");
  await page.getByTestId("tab-rules").click();
  await page.getByTestId("add-alarm").click();
  await page.getByTestId("field-alarms-0-when-above").fill("230");
  await page.getByTestId("field-alarms-0-when-deadband").fill("-1");
  await page.getByTestId("edit-alarms-0").click();
  await page.getByTestId("save-rules").click();
  await expect(page.getByTestId("rule-alarms-0")).toContainText("use 0 or more");
  await page.getByTestId("fault-summary").getByRole("button").click();
  await expect(page.getByTestId("field-alarms-0-when-deadband")).toBeFocused();
});
