// Who is let in, as what, and what is written down of it: a daemon that other computers could reach.

import { violations } from "./fixtures/axe";
import { expect, launched, open, test, type Launched } from "./fixtures/daemon";
import type { Browser, Page } from "@playwright/test";

/** A proxy that is trusted makes the daemon one that others reach: everybody logs in. */
const SHARED = '[server]\ntrusted_proxies = ["192.0.2.1"]\n';
const ANNA = { email: "anna@roastery.example", password: "first crack" };
const OTTO = { email: "otto@roastery.example", password: "second crack" };
const SIZES = [[1280, 800], [800, 1280], [390, 844]] as const;

const simulator = (id: string, name: string) => ({ id, name, kind: "roaster", driver: { type: "simulator", model: "roaster" } });

async function becomeAdmin(page: Page, { url, said }: Launched): Promise<void> {
  await page.goto(`${url}/#/`);
  await expect(page.getByTestId("sign-in")).toContainText("There is no admin yet");
  const link = await said(/become the admin at (\S+)/);
  await page.goto(`${url}/${link.slice(link.indexOf("#"))}`);
  await page.getByTestId("first-email").fill(ANNA.email);
  await page.getByTestId("first-name").fill("Anna");
  await page.getByTestId("password").fill("short");
  await page.getByTestId("password-again").fill("shorter");
  await page.getByTestId("first-go").click();
  await expect(page.getByTestId("first-fault")).toContainText("not the same");
  await page.getByTestId("password-again").fill("short");
  await page.getByTestId("first-go").click();
  await expect(page.getByTestId("first-admin")).toContainText("8 characters");
  await page.getByTestId("password").fill(ANNA.password);
  await page.getByTestId("password-again").fill(ANNA.password);
  await page.getByTestId("first-go").click();
  await expect(page.getByTestId("wall")).toBeVisible();
}

async function signIn(page: Page, url: string, { email, password }: typeof ANNA): Promise<void> {
  await page.goto(`${url}/#/`);
  await page.getByTestId("sign-in-email").fill(email);
  await page.getByTestId("sign-in-password").fill(password);
  await page.getByTestId("sign-in-go").click();
  await expect(page.getByTestId("wall")).toBeVisible();
}

async function addMachines(page: Page, url: string): Promise<void> {
  // A cookie counts for the daemon's own pages only.
  const headers = { origin: url };
  for (const machine of [simulator("a", "Machine A"), simulator("b", "Machine B")]) {
    expect((await page.request.post(`${url}/api/machines`, { data: machine, headers })).status()).toBe(201);
    expect((await page.request.post(`${url}/api/machines/${machine.id}/connect`, { headers })).ok()).toBe(true);
  }
}

async function addOperator(page: Page, url: string): Promise<void> {
  await page.goto(`${url}/#/admin/users`);
  await page.getByTestId("add-user").click();
  await page.getByTestId("user-email").fill(OTTO.email);
  await page.getByTestId("user-name").fill("Otto");
  await page.getByTestId("role").selectOption("operator");
  await page.getByTestId("machines-a").click();
  await expect(page.getByTestId("machines-all")).toHaveAttribute("aria-pressed", "false");
  await page.getByTestId("user-password").fill("short");
  await page.getByTestId("user-save").click();
  await expect(page.getByTestId("user-dialog")).toContainText("8 characters");
  await page.getByTestId("user-password").fill(OTTO.password);
  await page.getByTestId("user-save").click();
  await expect(page.getByTestId(`user-${OTTO.email}`)).toContainText("Machine A");
}

/** A second device. */
async function other(browser: Browser): Promise<Page> {
  return (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
}

test("from the first start to the audit: an admin, an operator of one machine, less rights, a token", async ({ page, browser }) => {
  const house = await launched(SHARED);
  try {
    await becomeAdmin(page, house);
    await addMachines(page, house.url);
    await addOperator(page, house.url);

    const otto = await other(browser);
    await signIn(otto, house.url, OTTO);
    await expect(otto.locator("[data-machine=a]")).toBeVisible();
    await expect(otto.locator("[data-machine=b]"), "only the machine that is theirs").toHaveCount(0);
    await expect(otto.getByTestId("add-machine")).toHaveCount(0);
    await otto.goto(`${house.url}/#/m/a/setup`);
    await expect(otto.getByTestId("only-looking")).toContainText("Only an admin of all machines");
    await page.goto(`${house.url}/#/m/a/setup`);
    await expect(page.getByTestId("step-kind")).toBeVisible();
    await expect(page.getByTestId("only-looking")).toHaveCount(0);
    await otto.goto(`${house.url}/#/m/a`);
    await otto.getByTestId("start_monitoring").click();
    await expect(otto.getByTestId("lease")).toContainText("you control");

    await page.goto(`${house.url}/#/admin/connected`);
    await expect(page.getByTestId("steers")).toContainText("has control of Machine A");

    await page.goto(`${house.url}/#/admin/users`);
    await page.getByTestId(`user-${OTTO.email}`).getByTestId("change-user").click();
    await page.getByTestId("role").selectOption("viewer");
    await page.getByTestId("user-save").click();
    await expect(page.getByTestId("user-dialog")).toBeHidden();
    await expect(otto.getByTestId("rights-changed")).toContainText("You are a viewer of Machine A now");
    await expect(otto.getByTestId("controls-role")).toContainText("not steer it");
    await expect(otto.getByTestId("up-burner")).toBeDisabled();
    await otto.getByRole("button", { name: "Understood" }).click();
    await expect(otto.getByTestId("rights-changed")).toBeHidden();

    await page.goto(`${house.url}/#/admin/tokens`);
    await page.getByTestId("add-token").click();
    await page.getByTestId("token-name").fill("dashboard");
    await page.getByTestId("token-life").selectOption("30");
    await page.getByTestId("token-give").click();
    const secret = await page.getByTestId("token-secret").innerText();
    const shows = (token: string) => fetch(`${house.url}/api/machines`, { headers: { authorization: `Bearer ${token}` } });
    expect((await shows(secret)).status).toBe(200);
    await page.getByTestId("copy").click();
    await expect(page.getByTestId("token-dialog")).toContainText("Copied.");
    await page.getByTestId("token-done").click();
    await expect(page.getByTestId("token-dashboard")).toContainText("all machines");
    await expect(page.locator("body"), "it is shown once").not.toContainText(secret);
    await page.getByTestId("token-dashboard").getByTestId("revoke").click();
    await page.getByTestId("sure-yes").click();
    await expect(page.getByTestId("token-dashboard")).toHaveCount(0);
    expect((await shows(secret)).status).toBe(401);

    await page.goto(`${house.url}/#/admin/audit`);
    const deeds = page.getByTestId("deeds");
    await expect(deeds.locator("li").first(), "the newest is first").toContainText("manage tokens");
    await expect(deeds).toContainText("role viewer");
    await page.getByTestId("audit-machine").selectOption("a");
    await expect(deeds.locator("li").first()).toContainText("Machine A");
    await page.getByTestId("audit-machine").selectOption("");
    await page.getByTestId("audit-who").fill("otto");
    await expect(deeds).toContainText("log in");
    await expect(deeds).not.toContainText(ANNA.email);

    await page.goto(`${house.url}/#/admin/users`);
    await page.getByTestId(`user-${OTTO.email}`).getByTestId("remove-user").click();
    await page.getByTestId("sure-yes").click();
    await expect(otto.getByTestId("sign-in"), "whoever is removed is out at once").toBeVisible();
    await otto.context().close();
  } finally {
    await house.stop();
  }
});

test("who is out is asked once, tries as often as the daemon allows, and changes the password later", async ({ page, browser }) => {
  const house = await launched(SHARED);
  try {
    await becomeAdmin(page, house);
    const second = await other(browser);
    let asked = 0;
    second.on("request", (request) => (asked += Number(request.url().endsWith("/api/machines"))));
    await second.goto(`${house.url}/#/profiles`);
    await expect(second.getByTestId("sign-in-email")).toBeFocused();
    await second.waitForTimeout(6_000);
    expect(asked, "nobody asks again and again").toBe(1);
    await second.getByTestId("sign-in-go").click();
    await expect(second.getByTestId("sign-in-fault")).toContainText("e-mail and password");
    await second.getByTestId("sign-in-email").fill(ANNA.email);
    await second.getByTestId("sign-in-password").fill("wrong");
    await second.getByTestId("sign-in-go").click();
    await expect(second.getByTestId("sign-in-fault")).toContainText("try again");
    await second.getByTestId("sign-in-password").fill(ANNA.password);
    await second.getByTestId("sign-in-password").press("Enter");
    await expect(second.getByTestId("sign-in")).toBeHidden();
    expect(new URL(second.url()).hash, "they are where they wanted to be").toBe("#/profiles");

    await page.getByTestId("open-settings").click();
    await page.getByTestId("change-password").click();
    await page.getByTestId("password-old").fill("wrong");
    await page.getByTestId("password").fill("third crack");
    await page.getByTestId("password-again").fill("third crack");
    await page.getByTestId("password-go").click();
    await expect(page.getByTestId("settings")).toContainText("password");
    await page.getByTestId("password-old").fill(ANNA.password);
    await page.getByTestId("password").fill("third crack");
    await page.getByTestId("password-again").fill("third crack");
    await page.getByTestId("password-go").click();
    await expect(page.getByTestId("settings")).toContainText("Changed.");
    await second.reload();
    await expect(second.getByTestId("sign-in"), "all other sessions end").toBeVisible();
    await second.context().close();
    await page.getByTestId("sign-out").click();
    await expect(page.getByTestId("sign-in")).toBeVisible();
  } finally {
    await house.stop();
  }
});

test("who is connected is sent away, and is told that an admin did it", async ({ page, browser }) => {
  const house = await launched(SHARED);
  try {
    await becomeAdmin(page, house);
    await addMachines(page, house.url);
    const second = await other(browser);
    await second.addInitScript(() => localStorage.setItem("hearth.name", "kitchen"));
    await signIn(second, house.url, ANNA);
    await second.goto(`${house.url}/#/m/b`);
    await expect(second.getByTestId("link-state")).toHaveAttribute("data-state", "live");
    await page.goto(`${house.url}/#/admin/connected`);
    const row = page.getByTestId("client-kitchen").filter({ hasText: "Machine B" });
    await expect(row).toContainText(`${ANNA.email} from 127.0.0.1`);
    const parted = second.waitForEvent("websocket");
    await row.getByTestId("dismiss").click();
    await page.getByTestId("sure-yes").click();
    await parted;
    await second.context().close();
  } finally {
    await house.stop();
  }
});

test.describe("where everybody is let in", () => {
  test.use({ configuration: '[auth]\nmode = "open"\n' });

  test("every screen says so, and nothing else is covered by it", async ({ page, daemon }) => {
    await daemon.addRoaster("demo", { operator: false });
    for (const [width, height] of SIZES) {
      await page.setViewportSize({ width, height });
      for (const place of ["#/", "#/m/demo", "#/profiles", "#/admin"]) {
        await page.goto(`${daemon.url}/${place}`);
        await expect(page.getByTestId("open-to-all")).toHaveText("Open: everybody who reaches this page may steer.");
        await expect(page.getByTestId("open-to-all")).toBeInViewport({ ratio: 1 });
        await expect(page.locator(".rail")).toBeInViewport({ ratio: 1 });
      }
    }
  });
});

test("a page on the daemon's own computer is asked for no login and says nothing of one", async ({ page, daemon }) => {
  await daemon.addRoaster("demo", { operator: false });
  await page.goto(`${daemon.url}/#/`);
  await expect(page.locator("[data-machine=demo]")).toBeVisible();
  await expect(page.getByTestId("open-to-all")).toHaveCount(0);
  await page.getByTestId("open-settings").click();
  await expect(page.getByTestId("settings")).toBeVisible();
  await expect(page.getByTestId("sign-out")).toHaveCount(0);
});

test("the audit goes back as far as one wants, and no further than there is", async ({ page, daemon }) => {
  await daemon.addRoaster("demo", { operator: false });
  for (let lot = 0; lot < 13; lot += 1) await Promise.all(Array.from({ length: 10 }, () => fetch(`${daemon.url}/api/stop`, { method: "POST" })));
  await open(page, daemon, "#/admin/audit");
  const deeds = page.getByTestId("deeds").locator("li");
  await expect(deeds).toHaveCount(100);
  await expect(deeds.first()).toContainText("stop");
  await page.getByTestId("audit-more").click();
  await expect(deeds.last(), "the oldest is the last").toContainText("configure machine");
  await expect(page.getByTestId("audit-more")).toHaveCount(0);
  expect(await deeds.count()).toBeGreaterThan(130);
  await page.getByTestId("audit-who").fill("nobody of that name");
  await expect(page.getByText("Nothing was done")).toBeVisible();
});

test("a controller gets its addresses and its token in one place", async ({ page, daemon }) => {
  const rig = { id: "rig", name: "Lab rig", kind: "rig", driver: { type: "push" }, channels: [{ id: "t1", label: "Inlet", unit: "celsius", kind: "sensor", tag: "inlet-42" }] };
  expect((await page.request.post(`${daemon.url}/api/machines`, { data: rig })).status()).toBe(201);
  await open(page, daemon, "#/m/rig/setup");
  await page.getByTestId("step-link").click();
  await page.getByTestId("push-token").click();
  await expect(page.getByTestId("token-name")).toHaveValue("rig");
  await expect(page.getByTestId("role")).toHaveValue("controller");
  await expect(page.getByTestId("machines-rig")).toHaveAttribute("aria-pressed", "true");
  await page.getByTestId("token-give").click();
  await expect(page.getByTestId("token-dialog")).toContainText("/api/v1/datapoints/batch");
  const authorization = `Bearer ${await page.getByTestId("token-secret").innerText()}`;
  await page.getByTestId("token-done").click();
  const sent = await fetch(`${daemon.url}/api/v1/datapoints/batch`, {
    method: "POST", headers: { authorization, "content-type": "application/json" }, body: JSON.stringify({ datapoints: [{ event_public_id: "inlet-42", value: 21.5 }] }),
  });
  expect(sent.ok, await sent.text()).toBe(true);
  await expect(page.getByTestId("push-heard")).toContainText("Readings arrive");
});

for (const theme of ["light", "dark"]) {
  test(`no screen of the security keeps anybody out, in ${theme}`, async ({ page }) => {
    await page.addInitScript((chosen) => localStorage.setItem("hearth.theme", chosen), theme);
    const house = await launched(SHARED);
    const look = async (name: string) => {
      for (const [width, height] of SIZES) {
        await page.setViewportSize({ width, height });
        await page.waitForTimeout(300);
        expect(await violations(page), `${name} ${width}x${height}`).toEqual([]);
        expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth), `${name} is wider than ${width}`).toBeLessThanOrEqual(0);
      }
    };
    try {
      await page.goto(`${house.url}/#/`);
      await expect(page.getByTestId("sign-in")).toBeVisible();
      await look("no-admin");
      await page.goto(`${house.url}/#/setup?token=none`);
      await expect(page.getByTestId("first-go")).toBeVisible();
      await look("first-admin");
      await becomeAdmin(page, house);
      await addMachines(page, house.url);
      await addOperator(page, house.url);
      await look("users");
      await page.getByTestId("add-user").click();
      await look("add-user");
      await page.keyboard.press("Escape");
      await page.goto(`${house.url}/#/admin/tokens`);
      await expect(page.getByText("No tokens")).toBeVisible();
      await look("no-tokens");
      await page.getByTestId("add-token").click();
      await page.getByTestId("token-name").fill("dashboard");
      await look("add-token");
      await page.getByTestId("token-give").click();
      await expect(page.getByTestId("token-secret")).toBeVisible();
      await look("token");
      await page.getByTestId("token-done").click();
      await expect(page.getByTestId("token-dashboard")).toBeVisible();
      await look("tokens");
      await page.getByTestId("revoke").click();
      await look("sure");
      await page.keyboard.press("Escape");
      for (const part of ["daemon", "connected", "audit"]) {
        await page.getByTestId(`part-${part}`).click();
        await expect(page.getByTestId(part === "daemon" ? "daemon" : part === "audit" ? "deeds" : "dismiss").first()).toBeVisible();
        await look(part);
      }
      await page.getByTestId("open-settings").click();
      await page.getByTestId("change-password").click();
      await page.getByTestId("password-go").scrollIntoViewIfNeeded();
      await look("password");
      await page.getByTestId("sign-out").click();
      await expect(page.getByTestId("sign-in-go")).toBeVisible();
      await look("sign-in");
    } finally {
      await house.stop();
    }
  });
}
