// Machines that fail, and what stands on the wall meanwhile.

import { expect, open, test } from "./fixtures/daemon";

test("a machine that crashes again and again says so, with the reason; its neighbour loses nothing", async ({ page, daemon }) => {
  await daemon.addRoaster("calm", { name: "Calm", speed: 5, operator: false });
  await daemon.addRoaster("demo", { operator: false, faults: [{ kind: "panic", at_ms: 3_000, every_ms: 2_500 }] });
  await daemon.act("calm", "start_monitoring");
  await open(page, daemon, "#/");
  const card = page.getByTestId("card-demo");
  await expect(card.getByTestId("driver-state")).toContainText(/restarting|failed/i, { timeout: 25_000 });
  await expect(page.getByTestId("card-calm").getByTestId("link-state")).toHaveAttribute("data-state", "live");
  // How punctual it was is measured elsewhere: a busy computer skips readings by itself.
  const { series, driver_state } = await daemon.session("calm");
  expect(driver_state).toBe("connected");
  expect(series.bt.length).toBeGreaterThan(3);
  expect(series.bt).not.toContain(null);
});

test("a link that is down says why and when it is tried again, with the last value and its age", async ({ page, daemon }) => {
  await daemon.addRoaster("demo", { operator: false, faults: [{ kind: "disconnect", at_ms: 4_000, for_ms: 600_000 }] });
  await open(page, daemon, "#/");
  const card = page.getByTestId("card-demo");
  await expect(card.getByTestId("card-bt")).toHaveText(/\d/);
  await expect(card.getByTestId("driver-state")).toContainText(/next try in \d+ s/, { timeout: 15_000 });
  await expect(card.getByTestId("card-last")).toHaveText(/last \d+\.\d °C, \d+(\.\d)? s ago/, { timeout: 15_000 });
  await expect(card.getByTestId("card-bt"), "a number from before is not the machine's").toHaveText("––");
});
