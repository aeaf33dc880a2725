// A sensor that falls silent while the daemon goes on speaking: what is shown is old, and says so.

import type { Page } from "@playwright/test";
import { expect, open, test, type Daemon } from "./fixtures/daemon";

/** A roaster whose readings a controller of its own sends: silence does not end its link. */
async function fed(daemon: Daemon): Promise<(bt: number) => Promise<void>> {
  const post = async (path: string, body: object) => {
    const answer = await fetch(`${daemon.url}/api/${path}`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(await answer.text());
  };
  await post("machines", {
    id: "fed", name: "Fed roaster", kind: "roaster", autoconnect: true, driver: { type: "push", stale_after_ms: 600_000, ack_timeout_ms: 60_000 },
    channels: [
      { id: "bt", kind: "sensor", role: "bt", unit: "celsius", tag: "fed_bt" }, { id: "et", kind: "sensor", role: "et", unit: "celsius", tag: "fed_et" },
      { id: "burner", label: "Burner", kind: "control", class: "heat", min: 0, max: 100, step: 1, unit: "percent", failsafe: 0, tag: "fed_burner" },
    ],
  });
  return (bt) => post("v1/datapoints/batch", { datapoints: [["fed_bt", bt], ["fed_et", bt + 20]].map(([event_public_id, value]) => ({ event_public_id, value })) });
}

/** Share of the plot's right half that is not bare: where nothing is measured, only hatching and the grid are drawn there. */
async function ink(page: Page): Promise<number> {
  return page.locator(".chart-host canvas").evaluate((canvas: HTMLCanvasElement) => {
    const { width, height } = canvas;
    const { data } = canvas.getContext("2d")?.getImageData(width * 0.5, height * 0.4, width * 0.3, height * 0.3) ?? { data: [] };
    let drawn = 0;
    for (let i = 3; i < data.length; i += 4) drawn += Number((data[i] ?? 0) > 40);
    return drawn / (data.length / 4);
  });
}

test("a silent sensor greys its numbers, tells their age, hatches the curve, and asks before anything is sent", async ({ page, daemon }) => {
  const tell = await fed(daemon);
  // A machine that was just added takes readings as soon as its driver listens.
  await expect(() => tell(150)).toPass();
  await open(page, daemon, "#/m/fed");
  const bt = page.getByTestId("readout-bt");
  await expect(bt).toContainText("150.0");
  await page.getByTestId("start_monitoring").click();
  await page.getByTestId("start_recording").click();
  await tell(151);
  await expect(bt).toContainText("151.0");
  await expect(bt).not.toHaveClass(/old/);
  await page.getByRole("button", { name: "1 min" }).click();
  const bare = await ink(page);
  await expect(bt).toHaveClass(/old/, { timeout: 15_000 });
  await expect(page.getByTestId("age")).toHaveText(/^\d+(\.\d)? s ago$/);
  await expect(page.getByTestId("link-state")).toHaveAttribute("data-state", "stale");
  await expect(page.getByTestId("link-state")).toHaveText(/stale, \d+(\.\d)? s ago/);
  await expect(page.getByTestId("up-burner"), "nobody steers blind without knowing it").toBeDisabled();
  await expect(page.getByTestId("mark-CHARGE"), "the daemon stamps a mark").toBeEnabled();
  await expect(page.getByTestId("stop")).toBeEnabled();
  await page.getByRole("button", { name: "Send anyway" }).click();
  await page.getByTestId("up-burner").click();
  await expect(page.getByTestId("outcome-burner")).toHaveAttribute("data-ask", /sent|unknown/);
  await expect(page.getByTestId("age"), "what was last known stands beside the dash").toHaveText(/last 151\.0, \d+ s ago/, { timeout: 15_000 });
  await expect(bt).toContainText("––");
  expect(await ink(page)).toBeGreaterThan(bare + 0.05);
  await tell(152);
  await expect(bt).toContainText("152.0");
  await expect(page.getByTestId("age")).toHaveCount(0);
});

test("a simulated roaster that hangs is grey as well, and its neighbour is not", async ({ page, daemon }) => {
  await daemon.addRoaster("demo", { operator: false, faults: [{ kind: "hang", at_ms: 5_000, for_ms: 600_000 }] });
  await daemon.addRoaster("calm", { name: "Calm", operator: false });
  await open(page, daemon, "#/");
  const [hung, calm] = [page.getByTestId("card-demo"), page.getByTestId("card-calm")];
  await expect(hung.getByTestId("card-last")).toHaveText(/s ago/, { timeout: 15_000 });
  await expect(hung.getByTestId("card-numbers")).toHaveClass(/old/);
  await expect(calm.getByTestId("card-numbers")).not.toHaveClass(/old/);
  await hung.getByRole("link", { name: "Demo roaster" }).click();
  await expect(page.getByTestId("readout-bt")).toHaveClass(/old/);
  await expect(page.getByTestId("age")).toContainText("ago");
  await expect(page.getByTestId("driver-state")).toContainText("does not answer");
  await expect(page.getByTestId("up-burner")).toBeDisabled();
});
