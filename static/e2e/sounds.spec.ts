// Alarms as they are seen and heard.

import type { Page } from "@playwright/test";
import { expect, open, test } from "./fixtures/daemon";

test("an alarm is seen and heard at once, moves nothing, and one word silences it in every tab", async ({ page, context, daemon }) => {
  await context.addInitScript(() => {
    const heard: { hz: number; at: number }[] = [];
    Object.assign(globalThis, { heard });
    const Tone = globalThis.OscillatorNode;
    globalThis.OscillatorNode = class extends Tone {
      constructor(on: BaseAudioContext, options?: OscillatorOptions) {
        super(on, options);
        heard.push({ hz: options?.frequency ?? 0, at: performance.now() });
      }
    };
  });
  const heard = (tab: Page) => tab.evaluate(() => (globalThis as unknown as { heard: { hz: number }[] }).heard.map(({ hz }) => hz));
  await daemon.addRoaster("demo", { speed: 10, operator: false, more: { alarms: [{ id: "hot", when: { channel: "burner", above: 50, deadband: 2, delay_ms: 0 }, severity: "critical", message: "Burner above 50 %" }] } });
  await daemon.act("demo", "start_monitoring");
  await open(page, daemon, "#/m/demo");
  await page.getByTestId("sound").click();
  await expect(page.getByTestId("sound")).toHaveAttribute("data-state", "on");
  const other = await context.newPage();
  await open(other, daemon, "#/");
  await expect(other.getByTestId("alarm-strip")).toContainText("No alarms");
  const place = await page.getByTestId("chart").boundingBox();
  await page.getByTestId("slider-burner").press("End");
  await expect(page.getByTestId("alarm")).toBeVisible();
  await expect(page.getByTestId("alarm")).toContainText("CRITICAL");
  await expect.poll(async () => (await heard(page)).slice(0, 3)).toEqual([880, 880, 880]);
  expect(await page.getByTestId("chart").boundingBox(), "the alarm moved the chart").toEqual(place);
  await expect(other.getByTestId("alarm-strip")).toContainText("Burner above 50 %");
  await expect(other.getByTestId("alarm-counts")).toHaveText("1 critical");
  expect(await heard(other), "a tab that was never touched makes no sound").toEqual([]);
  await page.keyboard.press("m");
  await expect(page.getByTestId("sound")).toHaveText(/Silent 1:5\d/);
  const before = await heard(page);
  await page.waitForTimeout(5_500);
  expect(await heard(page), "it was silenced here").toEqual(before);
  await other.getByTestId("ack").click();
  for (const tab of [page.getByTestId("alarm"), other.getByTestId("alarm-strip")]) await expect(tab.getByRole("button", { name: /Acknowledge/ })).toBeHidden();
});

test("one tab of a device sounds; the next takes over when it goes", async ({ page, context, daemon }) => {
  await daemon.addRoaster("demo", { operator: false });
  await open(page, daemon, "#/");
  const other = await context.newPage();
  await open(other, daemon, "#/");
  for (const tab of [page, other]) await tab.getByTestId("sound").click();
  const states = async () => (await Promise.all([page, other].map((tab) => tab.getByTestId("sound").getAttribute("data-state")))).sort();
  await expect.poll(states).toEqual(["elsewhere", "on"]);
  const [leader, follower] = (await page.getByTestId("sound").getAttribute("data-state")) === "on" ? [page, other] : [other, page];
  await leader.goto("about:blank");
  await expect(follower.getByTestId("sound")).toHaveAttribute("data-state", "on");
});
