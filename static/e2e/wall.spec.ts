import type { Locator } from "@playwright/test";
import { expect, open, test } from "./fixtures/daemon";

test("an empty house offers a simulated roaster, and one press leads to its cockpit", async ({ page, daemon }) => {
  await open(page, daemon);
  await expect(page.getByTestId("empty")).toBeVisible();
  await page.getByTestId("add-simulator").click();
  await expect(page.getByTestId("cockpit")).toBeVisible();
  await expect(page).toHaveURL(/#\/m\/demo$/);
  await expect(page.getByRole("heading", { name: "Demo roaster" })).toBeVisible();
});

test("the wall shows every machine live", async ({ page, daemon }) => {
  await daemon.addRoaster("p12", { name: "Probat P12" });
  await daemon.addRoaster("s15", { name: "Loring S15" });
  await daemon.act("p12", "start_monitoring");
  await open(page, daemon);
  for (const id of ["p12", "s15"]) {
    const card = page.getByTestId(`card-${id}`);
    await expect(card.getByTestId("link-state")).toHaveAttribute("data-state", "live");
    await expect(card.getByTestId("card-bt")).toHaveText(/^\d+\.\d$/);
  }
  await expect(page.getByTestId("card-p12").getByTestId("session-state")).toHaveText(/MONITORING/);
  expect((await page.request.post(`${daemon.url}/api/machines/p12/stop`)).ok()).toBe(true);
  await expect(page.getByTestId("card-p12").getByTestId("held-safe")).toBeVisible();
  await expect(page.getByTestId("card-s15").getByTestId("held-safe")).toHaveCount(0);
  await page.getByRole("link", { name: "Probat P12" }).click();
  await expect(page.getByTestId("cockpit")).toBeVisible();
});

test("a machine that is no roaster lists its channels live", async ({ page, daemon }) => {
  await daemon.addMachine({ id: "brewery", name: "Brewery", kind: "kettle", driver: { type: "simulator", model: "kettle" } });
  await open(page, daemon);
  await expect(page.getByTestId("card-brewery").getByTestId("channel-hlt")).toHaveText(/^\d+\.\d/);
  await expect(page.getByTestId("card-brewery").getByTestId("channel-pump")).toHaveText("off");
});

test("a daemon that cannot be reached is said so, with a way to try again", async ({ page, daemon }) => {
  await page.route("**/api/machines", (route) => route.fulfill({ status: 500, contentType: "text/html", body: "broken" }));
  await open(page, daemon);
  await expect(page.getByTestId("list-failed")).toContainText("500");
  await page.unroute("**/api/machines");
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(page.getByTestId("empty")).toBeVisible();
});

test("machines stand where a person put them, also after a reload, and newcomers behind them", async ({ page, daemon }) => {
  for (const [id, name] of [["a", "Alpha"], ["b", "Beta"], ["c", "Gamma"]] as const) await daemon.addRoaster(id, { name });
  await open(page, daemon);
  const names = () => page.locator(".cards h2").allInnerTexts();
  await expect.poll(names).toEqual(["Alpha", "Beta", "Gamma"]);
  await page.getByTestId("arrange").click();
  await expect(page.getByTestId("earlier-a")).toBeDisabled();
  await page.getByTestId("earlier-c").click();
  await page.getByTestId("earlier-c").click();
  await expect.poll(names).toEqual(["Gamma", "Alpha", "Beta"]);
  await daemon.addRoaster("aa", { name: "Delta" });
  await page.reload();
  await expect.poll(names).toEqual(["Gamma", "Alpha", "Beta", "Delta"]);
  await page.keyboard.press("Alt+1");
  await expect(page.getByRole("heading", { name: "Gamma" }), "Alt and a number follow the same order").toBeVisible();
});

test("the wall is cards, one line a machine, or numbers for the other end of the room", async ({ page, daemon }) => {
  for (const id of ["p12", "s15"]) await daemon.addRoaster(id, { name: id });
  await open(page, daemon);
  const number = page.getByTestId("card-p12").getByTestId("card-bt");
  const size = () => number.evaluate((element) => Number.parseFloat(getComputedStyle(element).fontSize));
  await expect(number).toHaveText(/\d/);
  expect(await size()).toBe(28);
  await page.getByTestId("density").selectOption("tv");
  await expect.poll(size).toBeGreaterThanOrEqual(56);
  await expect(page.getByTestId("clock")).toHaveText(/\d\d?:\d\d/);
  await page.getByTestId("density").selectOption("list");
  const [first, second] = await Promise.all(["p12", "s15"].map((id) => page.getByTestId(`card-${id}`).boundingBox()));
  expect(second?.x).toBe(first?.x);
  expect(first?.height).toBeLessThan(140);
  await page.reload();
  await expect(page.getByTestId("density")).toHaveValue("list");
});

test("a roast on the wall says which event comes next, and counts down to it", async ({ page, daemon }) => {
  await open(page, daemon);
  await daemon.addRoaster("p12", { name: "Probat P12", speed: 20 });
  await expect(page.getByTestId("card-p12")).toBeVisible();
  await daemon.act("p12", "start_monitoring");
  await daemon.act("p12", "start_recording");
  const told = new Set<string>();
  const listen = async () => (await page.getByTestId("card-next").allTextContents()).forEach((text) => told.add(text));
  await expect.poll(() => listen().then(() => told.size), { message: "it moves with the roast", timeout: 60_000, intervals: [100] }).toBeGreaterThan(5);
  expect([...told].join()).toMatch(/(?:DRY END|FCs) in \d+:\d\d ± \d+ s/);
});

test("the sum of the alarms stands above the wall, and moves nothing", async ({ page, daemon }) => {
  const above = (id: string, severity: string, message: string) => ({ id, when: { channel: "bt", above: 5, deadband: 2, delay_ms: 0 }, severity, message });
  await daemon.addRoaster("calm", { name: "Calm" });
  await open(page, daemon);
  await expect(page.getByTestId("alarm-strip")).toHaveText("No alarms");
  const place = await page.getByTestId("card-calm").boundingBox();
  await daemon.addRoaster("demo", { more: { alarms: [above("warm", "warning", "Getting warm"), above("hot", "critical", "Far too hot")] } });
  await expect(page.getByTestId("alarm-strip")).toContainText("Far too hot", { timeout: 10_000 });
  await expect(page.getByTestId("alarm-counts")).toHaveText("1 critical · 1 warning");
  expect((await page.getByTestId("card-calm").boundingBox())?.y).toBe(place?.y);
  await page.getByTestId("ack").click();
  await expect(page.getByTestId("alarm-strip"), "the next one that nobody has seen").toContainText("Getting warm");
});

test("a machine is carried to another place by mouse, by finger and by keys; nothing moves before it is let go", async ({ page, daemon }) => {
  for (const [id, name] of [["a", "Alpha"], ["b", "Beta"], ["c", "Gamma"], ["d", "Delta"]] as const) await daemon.addRoaster(id, { name });
  await open(page, daemon);
  const names = () => page.locator(".cards h2").allInnerTexts();
  await expect.poll(names).toEqual(["Alpha", "Beta", "Gamma", "Delta"]);
  await page.getByTestId("arrange").click();
  const middle = async (place: Locator) => {
    const box = await place.boundingBox();
    if (box === null) throw new Error("it is not on screen");
    return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  };
  const [grip, beta, gamma] = [page.getByTestId("grip-a"), page.getByTestId("card-b"), page.getByTestId("card-c")];
  // The row below leaves it free.
  await grip.click({ trial: true });
  const [from, over] = [await middle(grip), await middle(gamma)];
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.mouse.move(over.x, over.y, { steps: 4 });
  await expect(page.locator('[data-machine="c"]')).toHaveClass("over");
  expect(await names()).toEqual(["Alpha", "Beta", "Gamma", "Delta"]);
  await page.mouse.up();
  await expect.poll(names).toEqual(["Beta", "Gamma", "Alpha", "Delta"]);
  const touch = async (type: string, at: { x: number; y: number }) =>
    page.getByTestId("grip-a").dispatchEvent(type, { pointerId: 7, pointerType: "touch", isPrimary: true, bubbles: true, clientX: at.x, clientY: at.y });
  const back = await middle(beta);
  // A pointer that no browser made cannot be captured.
  await page.evaluate(() => (Element.prototype.setPointerCapture = () => undefined));
  await touch("pointerdown", await middle(grip));
  await touch("pointermove", back);
  await touch("pointerup", back);
  await expect.poll(names).toEqual(["Alpha", "Beta", "Gamma", "Delta"]);
  await grip.focus();
  await page.keyboard.press("ArrowRight");
  await expect.poll(names).toEqual(["Beta", "Alpha", "Gamma", "Delta"]);
  await expect(grip, "the next press moves the same one").toBeFocused();
  await page.keyboard.press("ArrowRight");
  await expect.poll(names).toEqual(["Beta", "Gamma", "Alpha", "Delta"]);
});

test("a card tells how far its machine's program is, and that it asks; the tab counts the alarms", async ({ page, daemon }) => {
  await daemon.addMachine({ id: "kettle", name: "Demo brewery", kind: "kettle", driver: { type: "simulator", model: "kettle", speed: 10 } });
  await daemon.addRoaster("demo", { more: { alarms: [{ id: "hot", when: { channel: "bt", above: 5, deadband: 2, delay_ms: 0 }, severity: "warning", message: "Warm" }] } });
  const send = (method: string, path: string, body: unknown) => fetch(`${daemon.url}/api/${path}`, { method, headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  await send("PUT", "programs/mash", { name: "Mash", machine_id: "kettle", steps: [{ type: "hold", for_s: 40 }, { type: "ask", message: "Add the malt" }] });
  await send("POST", "programs/mash/start", {});
  await open(page, daemon);
  const task = page.getByTestId("card-kettle").getByTestId("card-task");
  await expect(task).toHaveText("Program 1/2");
  await expect(page.getByTestId("card-demo").getByTestId("card-task")).toHaveCount(0);
  await expect(page).toHaveTitle("(1) Hearth");
  await expect(task).toHaveText("Program asks you", { timeout: 15_000 });
  await page.getByTestId("ack").click();
  await expect(page).toHaveTitle("Hearth");
});
