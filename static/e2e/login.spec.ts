// Where the daemon wants to know who is there.

import { spawnSync } from "node:child_process";
import { BINARY, expect, open, test } from "./fixtures/daemon";

test.describe("where people log in", () => {
  const hash = spawnSync(BINARY, ["hash-password"], { input: "roast-well\n", encoding: "utf8" }).stdout.trim();
  test.use({ configuration: `[[auth.users]]\nemail = "anna@roastery.example"\nname = "Anna"\npassword_hash = "${hash}"\nrole = "admin"\n` });

  test("a token that ran out asks for a new one, once; whoever may takes control at once, by holding", async ({ page, context, daemon }) => {
    await daemon.addRoaster("demo", { operator: false });
    const holder = await context.newPage();
    await open(holder, daemon, "#/m/demo");
    await holder.getByTestId("start_monitoring").click();
    await expect(holder.getByTestId("lease")).toContainText("you control");

    await page.addInitScript(() => localStorage.getItem("hearth.token") ?? localStorage.setItem("hearth.token", "worn-out"));
    let asked = 0;
    page.on("request", (request) => (asked += Number(request.url().endsWith("/api/machines"))));
    await open(page, daemon, "#/m/demo");
    await expect(page.getByTestId("sign-in")).toContainText("expired");
    await page.waitForTimeout(6_000);
    expect(asked, "nobody asks again and again").toBeLessThanOrEqual(2);
    await page.getByTestId("sign-in-go").click();
    await expect(page.getByTestId("sign-in-fault")).toContainText("e-mail and password");
    await page.getByTestId("sign-in-email").fill("anna@roastery.example");
    await page.getByTestId("sign-in-password").fill("wrong");
    await page.getByTestId("sign-in-go").click();
    await expect(page.getByTestId("sign-in-fault")).toContainText("Invalid");
    await page.getByTestId("sign-in-password").fill("roast-well");
    await page.getByTestId("sign-in-go").click();
    await expect(page.getByTestId("controls-locked")).toBeVisible();

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
});
