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

test("a disk in trouble is said in words, with what to do", async ({ page, daemon }) => {
  const storage = (state: string, messages: string[], index = "ready") =>
    page.route(({ pathname }) => pathname === "/health", async (route) => {
      const told = await (await route.fetch()).json() as Record<string, unknown>;
      await route.fulfill({ json: { ...told, storage: { state, messages, free_bytes: 52_428_800, index } } });
    });
  await storage("full", ["only 50 MiB are free on the storage disk: make room", "damaged and left as found: the journal of session 1"], "building");
  await open(page, daemon, "#/admin");
  await expect(page.getByTestId("storage")).toHaveText("disk full: 52 MB free");
  await expect(page.getByTestId("index")).toContainText("being made");
  await expect(page.getByTestId("storage-trouble")).toHaveText(["Only 50 MiB are free on the storage disk: make room.", "Damaged and left as found: the journal of session 1."]);
  await expect(page.getByRole("alert").filter({ hasText: "make room" })).toBeVisible();
  await page.unrouteAll();
  await expect(page.getByTestId("storage")).toHaveText(/^disk: [\d.]+ GB free$/);
  await expect(page.getByTestId("storage-trouble")).toHaveCount(0);
});

test("a daemon that does not answer is said so, with a way to try again", async ({ page, daemon }) => {
  await page.route("**/metrics", (route) => route.fulfill({ status: 500, contentType: "text/html", body: "broken" }));
  await open(page, daemon, "#/admin");
  await expect(page.getByTestId("admin-failed")).toContainText("500");
  await page.unroute("**/metrics");
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(page.getByTestId("daemon")).toBeVisible();
});
