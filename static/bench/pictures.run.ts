// `make screenshots`: every screen at three sizes, light and dark, for somebody to look at. Four of them stand in the README.

import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test, type Page } from "@playwright/test";
import { launched, open, withDaemon, type Daemon } from "../e2e/fixtures/daemon";
import { configuration, openShop, roast, type Shop } from "./shop";

const OUT = new URL("../../target/pictures/", import.meta.url).pathname;
const IMG = new URL("../../docs/img/", import.meta.url).pathname;
const SIZES = [[1280, 800], [800, 1280], [390, 844]] as const;
const THEMES = ["light", "dark"] as const;
/** Charts fit themselves in the frame after, text follows four times a second. Unit: ms. */
const CALM_MS = 700;
/** After first crack there is something of the development to be seen. Unit: ms. */
const DEVELOPMENT_MS = 12_000;

/** Cockpits of machines that there are. */
const COCKPIT = /^#\/m\/(?!nowhere)\w+$/;
/** Those that the README shows. */
const SHOWN: Record<string, string> = {
  "cockpit-1280x800-light": "cockpit.png", "kettle-1280x800-light": "kettle.png", "wall-1280x800-dark": "wall.png", "cockpit-390x844-dark": "phone.png",
};

/** Takes all six pictures of what a page shows now. */
async function shoot(page: Page, name: string): Promise<void> {
  for (const colorScheme of THEMES) {
    await page.emulateMedia({ colorScheme });
    for (const [width, height] of SIZES) {
      await page.setViewportSize({ width, height });
      await page.waitForTimeout(CALM_MS);
      const picture = `${name}-${width}x${height}-${colorScheme}`;
      await page.screenshot({ path: join(OUT, `${picture}.png`) });
      const shown = SHOWN[picture];
      if (shown !== undefined) copyFileSync(join(OUT, `${picture}.png`), join(IMG, shown));
    }
  }
}

type Place = { name: string; hash: string; also?: (page: Page) => Promise<unknown> };

function places({ profiles }: Shop): Place[] {
  const [first = "", second = "", third = ""] = profiles;
  const click = (id: string) => (page: Page) => page.getByTestId(id).click();
  return [
    { name: "kettle", hash: "#/m/kettle" },
    { name: "panel", hash: "#/m/panel" },
    { name: "rig", hash: "#/m/rig" },
    { name: "scanner", hash: "#/m/scanner" },
    { name: "profiles", hash: "#/profiles" },
    { name: "profile", hash: `#/profiles/${first}` },
    { name: "compare", hash: `#/compare?ids=${[first, second, third].join(",")}` },
    { name: "print", hash: `#/print/${first}?against=${third}` },
    { name: "replay", hash: `#/m/roaster/replay/${first}`, also: async (page) => {
      await page.getByTestId("replay-speed").selectOption("60");
      await page.getByTestId("replay-start").click();
      await page.waitForTimeout(6_000);
    } },
    { name: "tasks", hash: "#/tasks" },
    { name: "programs", hash: "#/m/kettle/programs" },
    { name: "program", hash: "#/m/kettle/programs/mash-day" },
    { name: "new-machine", hash: "#/new" },
    { name: "setup-channels", hash: "#/m/rig/setup", also: click("step-channels") },
    { name: "alarms", hash: "#/m/rig/alarms" },
    { name: "alarm-rules", hash: "#/m/rig/alarms", also: click("tab-rules") },
    { name: "admin", hash: "#/admin" },
    ...["users", "tokens", "connected", "audit"].map((part) => ({ name: part, hash: `#/admin/${part}` })),
    { name: "settings", hash: "#/admin", also: click("open-settings") },
    { name: "nowhere", hash: "#/no/such/place" },
    { name: "unknown-machine", hash: "#/m/nowhere" },
  ];
}

async function visit(page: Page, daemon: Daemon, { name, hash, also }: Place): Promise<void> {
  await page.goto("about:blank");
  await open(page, daemon, hash);
  await page.locator("main").waitFor();
  await expect(page.getByText("Loading…")).toHaveCount(0);
  if (COCKPIT.test(hash)) await expect(page.getByTestId("link-state")).toHaveAttribute("data-state", "live");
  await also?.(page);
  await shoot(page, name);
}

test("pictures", async ({ browser }) => {
  mkdirSync(OUT, { recursive: true });
  const newPage = async () => (await browser.newContext({ reducedMotion: "reduce", locale: "en-GB" })).newPage();
  await withDaemon("", async (daemon) => {
    const page = await newPage();
    await visit(page, daemon, { name: "empty-wall", hash: "#/" });
    await visit(page, daemon, { name: "empty-profiles", hash: "#/profiles" });
    await visit(page, daemon, { name: "empty-tasks", hash: "#/tasks" });
  });
  const shared = await launched('[server]\ntrusted_proxies = ["192.0.2.1"]\n');
  const stranger = await newPage();
  for (const [name, hash] of [["no-admin", "#/"], ["first-admin", "#/setup?token=none"]] as const) {
    await stranger.goto(`${shared.url}/${hash}`);
    await stranger.locator("main").waitFor();
    await shoot(stranger, name);
  }
  await shared.stop();
  await withDaemon(configuration(), async (daemon) => {
    const shop = await openShop(daemon);
    const [cockpit, wall, page] = [await newPage(), await newPage(), await newPage()];
    await cockpit.addInitScript((id) => localStorage.setItem("hearth.reference.roaster", id), shop.profiles[0] ?? "");
    await open(wall, daemon);
    const coming = roast(daemon);
    await wall.getByTestId("card-roaster").waitFor({ timeout: 60_000 });
    await open(cockpit, daemon, "#/m/roaster");
    await coming;
    await cockpit.waitForTimeout(DEVELOPMENT_MS);
    await shoot(cockpit, "cockpit");
    await shoot(wall, "wall");
    await cockpit.getByTestId("help").click();
    await shoot(cockpit, "help");
    await cockpit.keyboard.press("Escape");
    await cockpit.getByTestId("stop_recording").click();
    await cockpit.getByTestId("finish-sheet").waitFor();
    await shoot(cockpit, "finish");
    for (const place of places(shop)) await visit(page, daemon, place);
  });
});
