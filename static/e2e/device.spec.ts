// What is a matter of the device alone.

import { expect, open, test } from "./fixtures/daemon";
import { number, recording } from "./fixtures/recording";

test("Fahrenheit is a matter of this device: temperatures, differences and the axis", async ({ page, daemon }) => {
  await recording(page, daemon);
  await page.getByTestId("open-settings").click();
  await page.getByTestId("temperatures-F").click();
  await page.keyboard.press("Escape");
  await expect(page.getByTestId("readout-bt")).toContainText("°F");
  const { last_reading } = await daemon.session("demo");
  const shown = await number(page, "readout-bt");
  expect(Math.abs(shown - ((last_reading?.bt ?? NaN) * 1.8 + 32))).toBeLessThan(15);
});

test("a screen that cannot be kept lit says so, and what helps", async ({ page, daemon }) => {
  await page.addInitScript(() => Reflect.deleteProperty(Object.getPrototypeOf(navigator) as object, "wakeLock"));
  await open(page, daemon);
  await page.getByTestId("open-settings").click();
  await expect(page.getByTestId("settings")).toContainText("set a long display time-out");
});
