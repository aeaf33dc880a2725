import type { Page } from "@playwright/test";
import { violations } from "./fixtures/axe";
import { expect, open, test, type Daemon } from "./fixtures/daemon";

const SIZES = [[1280, 800], [800, 1280], [390, 844]] as const;

async function prepared(page: Page, daemon: Daemon, theme: string): Promise<void> {
  await page.addInitScript((chosen) => localStorage.setItem("hearth.theme", chosen), theme);
  await daemon.addRoaster("demo", { speed: 10, operator: false });
  await daemon.act("demo", "start_monitoring");
  await daemon.act("demo", "start_recording");
  await daemon.addMachine({ id: "kettle", name: "Demo brewery", kind: "kettle", driver: { type: "simulator", model: "kettle" } });
  const program = { name: "Mash", machine_id: "kettle", steps: [{ type: "set", values: { setpoint: 66 } }, { type: "ask", message: "Add the malt" }] };
  const send = (method: string, path: string, body: unknown) => fetch(`${daemon.url}/api/${path}`, { method, headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  await send("PUT", "programs/mash", program);
  await send("POST", "programs/mash/start", {});
  await send("POST", "tasks/failing_task", {});
}

/** Screens of machines that are no roasters. */
const WORKS = ["#/m/kettle", "#/tasks", "#/m/kettle/programs", "#/m/kettle/programs/mash", "#/m/kettle/programs/+"];

for (const theme of ["light", "dark"]) {
  test(`no screen keeps anybody out, in ${theme}`, async ({ page, daemon }) => {
    await prepared(page, daemon, theme);
    const screens = ["#/", "#/m/demo", "#/profiles", "#/profiles/none", "#/new", "#/m/demo/setup", "#/m/demo/alarms", "#/admin", "#/admin/users", "#/admin/tokens", "#/admin/connected", "#/admin/audit"];
    for (const place of [...screens, ...WORKS]) {
      await open(page, daemon, place);
      await page.waitForTimeout(1_000);
      expect(await violations(page), place).toEqual([]);
    }
    await open(page, daemon, "#/m/demo");
    await page.getByTestId("help").click();
    expect(await violations(page), "help").toEqual([]);
  });
}

test("no step of the set-up and no rule keeps anybody out", async ({ page, daemon }) => {
  await page.addInitScript(() => localStorage.setItem("hearth.theme", "light"));
  await open(page, daemon, "#/new");
  await page.getByTestId("preset").selectOption({ label: "Mill City, digital control panel" });
  await page.getByTestId("save-machine").click();
  for (const step of ["kind", "link", "channels", "controls", "detection", "test"]) {
    await page.getByTestId(`step-${step}`).click();
    expect(await violations(page), step).toEqual([]);
  }
  await daemon.addRoaster("demo", { operator: false });
  await open(page, daemon, "#/m/demo/alarms");
  await page.getByTestId("tab-rules").click();
  await page.getByTestId("add-alarm").click();
  expect(await violations(page), "alarm").toEqual([]);
  await page.getByTestId("add-interlock").click();
  expect(await violations(page), "interlock").toEqual([]);
  await page.getByTestId("tab-history").click();
  expect(await violations(page), "history").toEqual([]);
});

for (const glove of ["off", "on"]) {
  test(`every target can be hit, glove mode ${glove}`, async ({ page, daemon }) => {
    await page.addInitScript((chosen) => localStorage.setItem("hearth.glove", chosen), glove);
    await prepared(page, daemon, "light");
    const [main, other] = glove === "on" ? [96, 72] : [56, 44];
    for (const [width, height] of SIZES) {
      await page.setViewportSize({ width, height });
      for (const place of ["#/m/demo", ...WORKS]) {
        await open(page, daemon, place);
        await expect(page.locator("main .button").first()).toBeVisible();
        if (place === "#/m/demo") await expect(page.getByTestId("mark-CHARGE")).toBeVisible();
        if (place === "#/m/kettle") await expect(page.getByTestId("enter-heater")).toBeVisible();
        const small = await page.evaluate(([needsMain, needs]) => [...document.querySelectorAll("button, select, a.button, .rail a")].flatMap((element) => {
          const box = element.getBoundingClientRect();
          const needed = element.matches(".event-button, .stop, .large") ? needsMain : needs;
          return box.height + 0.5 < (needed ?? 0) || box.width + 0.5 < (needs ?? 0) ? [`${element.textContent} ${box.width}x${box.height}`] : [];
        }), [main, other]);
        expect(small, `${place} ${width}x${height}`).toEqual([]);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        expect(overflow, `${place} is wider than ${width}`).toBeLessThanOrEqual(0);
      }
    }
  });
}

for (const glove of ["off", "on"]) {
  test(`no two targets are so near that one is hit for the other, glove mode ${glove}`, async ({ page, daemon }) => {
    await page.addInitScript((chosen) => localStorage.setItem("hearth.glove", chosen), glove);
    await prepared(page, daemon, "light");
    const needed = glove === "on" ? 12 : 8;
    for (const [width, height] of SIZES) {
      await page.setViewportSize({ width, height });
      await open(page, daemon, "#/m/demo");
      await expect(page.getByTestId("mark-CHARGE")).toBeVisible();
      await expect(page.getByTestId("up-burner")).toBeVisible();
      const close = await page.evaluate((least) => {
        const all = [...document.querySelectorAll<HTMLElement>(".event-panel button, .controls button, .chart-tools button")];
        const boxes = all.map((element) => [element.textContent || element.ariaLabel, element.getBoundingClientRect()] as const);
        return boxes.flatMap(([a, one], i) => boxes.slice(i + 1).flatMap(([b, other]) => {
          const across = Math.max(one.left - other.right, other.left - one.right);
          const down = Math.max(one.top - other.bottom, other.top - one.bottom);
          return Math.max(across, down) + 0.5 < least ? [`${a} and ${b}: ${across} across, ${down} down`] : [];
        }));
      }, needed);
      expect(close, `${width}x${height}`).toEqual([]);
    }
  });
}

for (const glove of ["off", "on"]) {
  test(`no screen for setting up is too wide or has a target that is too small, glove mode ${glove}`, async ({ page, daemon }) => {
    await page.addInitScript((chosen) => localStorage.setItem("hearth.glove", chosen), glove);
    await prepared(page, daemon, "light");
    for (const [width, height] of SIZES) {
      await page.setViewportSize({ width, height });
      for (const [place, sign] of [["#/new", "step-next"], ["#/m/demo/setup", "machine-remove"], ["#/m/demo/alarms", "tab-rules"], ["#/admin", "restart-demo"]] as const) {
        await open(page, daemon, place);
        await page.getByTestId(sign).waitFor();
        const small = await page.evaluate((needs) => [...document.querySelectorAll("button, select, input, a.button")].flatMap((element) => {
          const box = element.getBoundingClientRect();
          return box.height + 0.5 < needs || box.width + 0.5 < needs ? [`${element.textContent} ${box.width}x${box.height}`] : [];
        }), glove === "on" ? 72 : 44);
        expect(small, `${place} ${width}x${height}`).toEqual([]);
        expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth), `${place} is wider than ${width}`).toBeLessThanOrEqual(0);
      }
    }
  });
}

test("the page asks nothing of any other host and breaks no content policy", async ({ page, daemon }) => {
  const foreign: string[] = [];
  page.on("request", (request) => {
    if (!request.url().startsWith(daemon.url)) foreign.push(request.url());
  });
  await page.addInitScript(() => addEventListener("securitypolicyviolation", (event) => reportError(new Error(`policy: ${event.violatedDirective} ${event.blockedURI}`))));
  await prepared(page, daemon, "auto");
  for (const place of ["#/", "#/m/demo", "#/profiles", "#/new", "#/m/demo/setup", "#/m/demo/alarms", "#/admin"]) {
    await open(page, daemon, place);
    await page.waitForTimeout(800);
  }
  expect(foreign).toEqual([]);
});
