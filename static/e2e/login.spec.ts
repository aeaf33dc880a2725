// Where people may log in, and need not.

import { spawnSync } from "node:child_process";
import { BINARY, expect, open, test } from "./fixtures/daemon";

test.describe("where people log in", () => {
  const hash = spawnSync(BINARY, ["hash-password"], { input: "roast-well\n", encoding: "utf8" }).stdout.trim();
  test.use({ configuration: `[[auth.users]]\nemail = "anna@roastery.example"\nname = "Anna"\npassword_hash = "${hash}"\nrole = "admin"\n` });

  test("an admin who logged in takes control at once, by holding; whoever did not asks for it", async ({ page, context, daemon }) => {
    await daemon.addRoaster("demo", { operator: false });
    const holder = await context.newPage();
    await open(holder, daemon, "#/m/demo");
    await holder.getByTestId("start_monitoring").click();
    await expect(holder.getByTestId("lease")).toContainText("you control");
    await open(page, daemon, "#/m/demo");
    await expect(page.getByTestId("take-control")).toBeVisible();

    await page.getByTestId("open-settings").click();
    await page.getByTestId("to-sign-in").click();
    await page.getByTestId("sign-in-email").fill("anna@roastery.example");
    await page.getByTestId("sign-in-password").fill("roast-well");
    await page.getByTestId("sign-in-go").click();
    await expect(page.getByTestId("wall")).toBeVisible();
    await open(page, daemon, "#/m/demo");
    const take = await page.getByTestId("take-over").boundingBox();
    if (take === null) throw new Error("there is nothing to hold");
    await page.getByTestId("take-over").click();
    await expect(page.getByTestId("controls-locked"), "a short press is not meant").toBeVisible();
    await page.mouse.move(take.x + 20, take.y + 20);
    await page.mouse.down();
    await expect(page.getByTestId("lease")).toContainText("you control");
    await page.mouse.up();
    await expect(holder.getByTestId("controls-locked")).toBeVisible();
    await page.getByTestId("open-settings").click();
    await page.getByTestId("sign-out").click();
    await expect(page.getByTestId("sign-out")).toBeHidden();
  });

  test("users of the configuration are shown and changed nowhere else", async ({ page, daemon }) => {
    await open(page, daemon, "#/admin/users");
    const anna = page.getByTestId("user-anna@roastery.example");
    await expect(anna).toContainText("in the configuration");
    await expect(anna.getByRole("button")).toHaveCount(0);
  });
});
