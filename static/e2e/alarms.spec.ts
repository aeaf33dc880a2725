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
  await expect(alarm).toContainText("comes back in 15 min");
  await page.getByTestId("tab-history").click();
  await expect(page.getByTestId("alarm-history").getByRole("row", { name: /Too hot/ })).toContainText("still there");
});

test("an alarm that stops the machine holds it until it is over, acknowledged and re-armed", async ({ page, daemon }) => {
  await daemon.addRoaster("demo", { operator: false });
  await open(page, daemon, "#/m/demo/alarms");
  await page.getByTestId("tab-rules").click();
  await page.getByTestId("add-alarm").click();
  await page.getByTestId("field-alarms-0-when-channel").selectOption("burner");
  await page.getByTestId("field-alarms-0-when-above").fill("3");
  await page.getByTestId("add-and").click();
  await page.getByTestId("field-alarms-0-when-and-0-channel").selectOption("bt");
  await page.getByTestId("field-alarms-0-when-and-0-above").fill("1");
  await page.getByTestId("field-alarms-0-severity").selectOption("critical");
  await page.getByTestId("stops-alarms-0").selectOption("true");
  await page.getByTestId("field-alarms-0-message").fill("No fire today");
  await expect(page.getByTestId("rule-alarms-0")).toContainText("When Burner is above 3 % and Beans is above 1 °C: critical, stops the machine");
  await page.getByTestId("save-rules").click();
  await expect(page.getByTestId("saved")).toHaveText("Saved.");
  await open(page, daemon, "#/m/demo");
  await expect(page.getByTestId("link-state")).toHaveAttribute("data-state", "live");
  await page.getByTestId("up-burner").click();
  const banner = page.getByTestId("alarm");
  await expect(banner).toContainText("No fire today");
  await banner.getByRole("button", { name: /Acknowledge/ }).click();
  await expect(page.getByTestId("latched")).toContainText("STOP was given, by somebody or by an alarm (Burner)");
  await open(page, daemon, "#/m/demo/alarms");
  const row = page.getByTestId("alarm-bt-alarm");
  await expect(row).toContainText("acknowledged by");
  await expect(async () => {
    await page.getByTestId("rearm-bt-alarm").click({ timeout: 1_000 });
    await expect(row).toBeHidden({ timeout: 1_000 });
  }, "it is re-armed once its condition has been gone for five seconds").toPass();
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

test("what an interlock forces is set, and an order that says otherwise is refused", async ({ page, daemon }) => {
  await daemon.addRoaster("demo", { operator: false });
  await open(page, daemon, "#/m/demo/alarms");
  await page.getByTestId("tab-rules").click();
  await page.getByTestId("add-interlock").click();
  await page.getByTestId("field-interlocks-0-unless-0-channel").selectOption("burner");
  await page.getByTestId("field-interlocks-0-unless-0-at_least").fill("100");
  await page.getByTestId("forces").click();
  await page.getByTestId("field-interlocks-0-forces-channel").selectOption("airflow");
  await page.getByTestId("field-interlocks-0-forces-value").fill("55");
  await page.getByTestId("field-interlocks-0-message").fill("Full fire first");
  await expect(page.getByTestId("rule-interlocks-0")).toContainText("Set Airflow to 55, unless Burner is at least 100 %");
  await page.getByTestId("save-rules").click();
  await expect(page.getByTestId("saved")).toHaveText("Saved.");
  await open(page, daemon, "#/m/demo");
  await expect(page.getByTestId("link-state")).toHaveAttribute("data-state", "live");
  await expect(page.getByText("Airflow is set to 55: Full fire first").first()).toBeVisible();
  await page.getByTestId("up-airflow").click();
  await expect(page.getByTestId("refusal-airflow")).toContainText("Full fire first");
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
