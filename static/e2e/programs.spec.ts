import { expect, open, test } from "./fixtures/daemon";

async function post(url: string, body?: unknown): Promise<void> {
  const answer = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body ?? {}) });
  expect(answer.ok, await answer.text()).toBe(true);
}

test("a program is written, its faults stand at their rows, it is saved, started, and paused when the machine is unplugged", async ({ page, daemon }) => {
  await daemon.addMachine({ id: "kettle", name: "Demo brewery", kind: "kettle", driver: { type: "simulator", model: "kettle", speed: 10 } });
  await open(page, daemon, "#/m/kettle");
  await page.getByTestId("new-program").click();
  await page.getByTestId("program-name").fill("Mash day");
  const step = (number: number) => page.getByTestId("step").nth(number - 1);
  await step(1).getByTestId("set-channel").selectOption("setpoint");
  await step(1).getByTestId("set-setpoint").fill("166");
  await page.getByTestId("add-hold").click();
  await step(2).getByTestId("step-time").fill("soon");
  await page.getByTestId("add-ask").click();
  await page.getByTestId("save-program").click();
  await expect(page.getByTestId("program-faults")).toContainText("3 steps need another look");
  await expect(step(1).locator(".fault")).toContainText("Setpoint takes a number from 0 to 100");
  await expect(step(2).locator(".fault")).toContainText("a number from 0 to 604800 is needed");
  await expect(step(3).locator(".fault")).toContainText("is empty");
  await step(3).getByTestId("step-up").click();
  await expect(step(2).locator(".fault"), "a fault moves with its row").toContainText("is empty");
  await step(1).getByTestId("set-setpoint").fill("66");
  await step(2).getByTestId("step-message").fill("Add the malt");
  await step(3).getByTestId("step-time").fill("1:00:00");
  await page.getByTestId("save-program").click();
  await expect(page.getByTestId("program-state")).toHaveAttribute("data-state", "saved");
  await expect(page).toHaveURL(/programs\/mash-day$/);
  await page.getByTestId("start-program").click();

  const task = page.getByTestId("task");
  await expect(task).toContainText("Program “Mash day”");
  await expect(task).toContainText("Add the malt");
  await expect(page.getByTestId("applied-setpoint")).toHaveText("66.0 °C");
  await expect(page.getByTestId("waits")).toContainText("asks: Add the malt");
  await page.getByTestId("waits").getByRole("button", { name: "Continue" }).click();
  await expect(page.getByTestId("task-message")).toContainText("step 3 of 3: hold");
  await post(`${daemon.url}/api/machines/kettle/disconnect`);
  await expect(task).toHaveAttribute("data-status", "paused");
  await expect(page.getByTestId("task-message")).toContainText(/link|connect/i);
  await expect(page.getByTestId("driver-state")).toBeVisible();
  await task.getByTestId("task-cancel").click();
  await expect(task).toHaveAttribute("data-status", "cancelled");
});

test("a stored program is changed, and deleted only when asked twice", async ({ page, daemon }) => {
  await daemon.addRoaster("demo", { operator: false });
  await open(page, daemon, "#/m/demo");
  await page.getByTestId("programs").click();
  await page.getByTestId("add-program").click();
  await page.getByTestId("step-remove").click();
  await page.getByTestId("program-name").fill("Warm up");
  await page.getByTestId("save-program").click();
  await expect(page.getByTestId("program-faults")).toContainText("1 to 500 are needed");
  await page.getByTestId("add-ramp").click();
  await page.getByTestId("step-channel").selectOption("airflow");
  await page.getByTestId("step-to").fill("50");
  await page.getByTestId("step-time").fill("0:30");
  await page.getByTestId("save-program").click();
  await expect(page).toHaveURL(/programs\/warm-up$/);
  await page.reload();
  await expect(page.getByTestId("step-time")).toHaveValue("30");
  await page.getByTestId("step-to").fill("60");
  await expect(page.getByTestId("start-program")).toBeDisabled();
  await page.getByRole("link", { name: "Tasks" }).click();
  await page.goBack();
  await expect(page.getByTestId("step-to"), "a glance elsewhere costs nothing").toHaveValue("60");
  await page.getByTestId("discard").click();
  await expect(page.getByTestId("step-to")).toHaveValue("50");
  await page.getByTestId("step-to").fill("60");
  await page.getByTestId("save-program").click();
  await page.getByRole("link", { name: "All programs" }).click();
  await expect(page.getByTestId("program-warm-up")).toContainText("Airflow to 60 % over 30 s");
  await page.getByRole("link", { name: "Warm up" }).click();
  await page.getByTestId("remove-program").click();
  await expect(page.getByTestId("remove-program")).toHaveText("Really delete");
  await page.getByTestId("remove-program").click();
  await expect(page.getByTestId("new-program")).toBeVisible();
});

test("the list of tasks follows a demo task from its start to its end", async ({ page, daemon }) => {
  await open(page, daemon, "#/tasks");
  await expect(page.getByText("Nothing is under way")).toBeVisible();
  await post(`${daemon.url}/api/tasks/generator_task`, { args: [1000, 0.05] });
  const task = page.getByTestId("task");
  await expect(task).toHaveAttribute("data-status", "running");
  const progress = page.getByTestId("task-progress");
  await expect(progress).toContainText("of 1000");
  const before = await progress.innerText();
  await expect(progress).not.toHaveText(before);
  await task.getByTestId("task-pause").click();
  await expect(task).toHaveAttribute("data-status", "paused");
  await task.getByTestId("task-resume").click();
  await expect(task).toHaveAttribute("data-status", "running");
  await task.getByTestId("task-cancel").click();
  await expect(task).toHaveAttribute("data-status", "cancelled");
  await task.getByTestId("task-cleanUp").click();
  await expect(page.getByText("Nothing is under way")).toBeVisible();
});

test("a backup is started here, a failed task says why, a register scan names what is missing", async ({ page, daemon }) => {
  await open(page, daemon, "#/tasks");
  await page.getByTestId("start-backup").click();
  await expect(page.getByTestId("task-result")).toContainText("backups/");
  await post(`${daemon.url}/api/tasks/failing_task`, { args: ["no paper"] });
  await expect(page.getByTestId("task-error")).toContainText("no paper");
  await page.getByTestId("open-register-scan").click();
  await page.getByTestId("scan-port").fill("many");
  await page.getByTestId("scan-start").click();
  await expect(page.getByTestId("register-scan").locator(".fault").first()).toBeVisible();
  await page.getByTestId("scan-host").fill("127.0.0.1");
  await page.getByTestId("scan-port").fill("9");
  await page.getByTestId("scan-start").click();
  await expect(page.getByTestId("register-scan")).toBeHidden();
  await expect(page.getByTestId("task").filter({ hasText: "Register scan" })).toBeVisible();
});
