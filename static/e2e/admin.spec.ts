import { expect as plain, open, test } from "./fixtures/daemon";

/** The list of machines is fetched every five seconds; the limit only ends a test that hangs. */
const expect = plain.configure({ timeout: 30_000 });

test("the admin page tells how each link is, restarts a machine and makes a copy", async ({ page, daemon }) => {
  await daemon.addRoaster("demo", { operator: false });
  await open(page, daemon, "#/admin");
  await expect(page.getByTestId("daemon")).toContainText("Hearth 0.");
  await expect(page.getByTestId("storage")).toContainText(/[\d.]+ GB free/);
  const machine = page.getByTestId("health-demo");
  await expect(machine.getByTestId("driver-state")).toHaveAttribute("data-state", "connected");
  await expect(machine).toContainText("half within");
  await page.getByTestId("restart-demo").click();
  await expect(machine).toContainText(/restarts1/);
  await page.getByTestId("backup").click();
  await expect(page.getByTestId("backup-state")).toContainText("backups/");
  await daemon.act("demo", "start_monitoring");
  await daemon.act("demo", "start_recording");
  await expect(page.getByTestId("restart-demo")).toBeDisabled();
});

test("a page that is older than its daemon says so, but not while something is recorded", async ({ page, daemon }) => {
  await page.route("**/health", (route) => route.fulfill({ json: { status: "ok", version: "99.0.0", uptime_seconds: 1 } }));
  await daemon.addRoaster("demo", { operator: false });
  await open(page, daemon);
  await expect(page.getByTestId("updated")).toContainText("Updated");
  await daemon.act("demo", "start_monitoring");
  await daemon.act("demo", "start_recording");
  await expect(page.getByTestId("updated")).toBeHidden();
});

test("a daemon that does not answer is said so, with a way to try again", async ({ page, daemon }) => {
  await page.route("**/metrics", (route) => route.fulfill({ status: 500, contentType: "text/html", body: "broken" }));
  await open(page, daemon, "#/admin");
  await expect(page.getByTestId("admin-failed")).toContainText("500");
  await page.unroute("**/metrics");
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(page.getByTestId("daemon")).toBeVisible();
});
