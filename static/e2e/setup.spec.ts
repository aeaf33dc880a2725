import { expect, open, test } from "./fixtures/daemon";
import { startPeer, type Peer } from "./fixtures/peers";

type Link = { driver: { host: string; port: number } };

/** A played roaster with BT at holding 0, its burner at holding 100 and the burner's mirror at input 20. */
async function withDevice(run: (link: Link) => Promise<void>): Promise<void> {
  const player: Peer = startPeer("play_roast.py", "1");
  try {
    await run(((await player.next()) as { machine: Link }).machine);
  } finally {
    await player.stop();
  }
}

test("a Modbus machine is tested while it is described, then roasts", async ({ page, daemon }) => {
  await withDevice(async ({ driver }) => {
    await open(page, daemon);
    await page.getByTestId("add-machine").click();
    await page.getByTestId("step-link").click();
    await page.getByTestId("field-driver-host").fill("no-such-host.invalid");
    await page.getByTestId("field-driver-port").fill(String(driver.port));
    await page.getByTestId("test-link").click();
    await expect(page.getByTestId("probe-result")).toContainText("nobody on this network knows the name no-such-host.invalid");
    await page.getByTestId("field-driver-host").fill(driver.host);
    await expect(page.getByTestId("probe-result")).toBeHidden();
    await page.getByTestId("test-link").click();
    await expect(page.getByTestId("probe-result")).toContainText("answers in");
    await page.getByTestId("step-next").click();
    await page.getByTestId("add-sensor").click();
    await page.getByTestId("field-channels-0-label").fill("BT");
    await page.getByTestId("field-channels-0-role").selectOption("bt");
    await page.getByTestId("field-channels-0-source-address").fill("7");
    await page.getByTestId("test-channels").click();
    await expect(page.getByTestId("channel-0")).toContainText("illegal address");
    await page.getByTestId("field-channels-0-source-address").fill("0");
    await page.getByTestId("field-channels-0-source-divisor").fill("");
    await page.getByTestId("field-channels-0-source-divisor").pressSequentially("10.0");
    await expect(page.getByTestId("field-channels-0-source-divisor")).toHaveValue("10.0");
    await page.getByTestId("test-channels").click();
    await expect(page.getByTestId("probed-channels-0-source")).toContainText(/2000 → 200 °C .*ms/);
    await page.getByTestId("step-next").click();
    await page.getByTestId("add-control").click();
    await page.getByTestId("field-channels-1-label").fill("Burner");
    await page.getByTestId("field-channels-1-class").selectOption("heat");
    await page.getByTestId("field-channels-1-source-address").fill("100");
    await page.getByTestId("add-readback-1").click();
    await page.getByTestId("field-channels-1-readback-register").selectOption("input");
    await page.getByTestId("field-channels-1-readback-address").fill("20");
    await page.getByTestId("add-control").click();
    await page.getByTestId("field-channels-2-label").fill("Drum");
    await page.getByTestId("field-channels-2-class").selectOption("motion");
    await page.getByTestId("field-channels-2-source-register").selectOption("coil");
    await page.getByTestId("field-channels-2-source-address").fill("4");
    await expect(page.getByTestId("save-machine")).toHaveText("Save untested");
    await page.getByTestId("step-test").click();
    await page.getByTestId("test-all").click();
    await expect(page.getByTestId("probe-table").getByRole("row")).toHaveCount(5);
    await expect(page.getByTestId("save-machine")).toHaveText("Save");
    await page.getByTestId("step-kind").click();
    await page.getByTestId("field-name").fill("Drum 5 kg");
    await expect(page.getByTestId("save-machine"), "a name changes nothing that was tested").toHaveText("Save");
    await page.getByTestId("save-machine").click();
    await expect(page).toHaveURL(/#\/m\/drum-5-kg$/);
    await expect(page.getByTestId("slider-burner")).toBeVisible();
    await expect(page.getByTestId("toggle-drum")).toBeVisible();
    await expect.poll(async () => (await daemon.session("drum-5-kg")).last_reading?.bt).toBe(200);
  });
});

test("what is wrong stands in a summary that leads to its field, also where only the daemon sees it", async ({ page, daemon }) => {
  await daemon.addRoaster("taken");
  await open(page, daemon, "#/new");
  await page.getByTestId("save-machine").click();
  const summary = page.getByTestId("fault-summary");
  await expect(summary).toBeFocused();
  await expect(summary).toContainText("2 things need another look");
  await expect(page.getByTestId("field-name")).toHaveAttribute("aria-invalid", "true");
  await summary.getByRole("button", { name: /^Host/ }).click();
  await expect(page.getByTestId("field-driver-host")).toBeFocused();
  await page.getByTestId("field-driver-host").fill("192.0.2.1");
  await expect(summary).toContainText("One thing");
  await page.getByTestId("step-kind").click();
  await page.getByTestId("field-name").fill("Taken");
  await page.getByTestId("step-channels").click();
  await page.getByTestId("add-sensor").click();
  await page.getByTestId("field-channels-0-label").fill("BT");
  await page.getByTestId("field-channels-0-source-address").fill("0");
  await page.getByTestId("field-channels-0-unit").fill("°F");
  await page.getByTestId("save-machine").click();
  await expect(summary).toContainText("BT, Unit: write fahrenheit");
  await expect(page.getByTestId("field-channels-0-unit")).toHaveAttribute("aria-invalid", "true");
  await page.getByTestId("field-channels-0-unit").fill("fahrenheit");
  await page.getByTestId("save-machine").click();
  await summary.getByRole("button", { name: /^Id: a machine `taken` exists/ }).click();
  await expect(page.getByTestId("field-id")).toBeFocused();
});

test("a known machine brings its registers, with a word of warning", async ({ page, daemon }) => {
  await open(page, daemon, "#/new");
  await page.getByTestId("preset").selectOption({ label: "Diedrich CR or DR" });
  await expect(page.getByTestId("preset-note")).toContainText("Check every value");
  await page.getByTestId("step-link").click();
  await expect(page.getByTestId("field-driver-port")).toHaveValue("8010");
  await page.getByTestId("step-channels").click();
  await expect(page.getByTestId("field-channels-0-source-type")).toHaveValue("f32");
  await page.getByTestId("step-controls").click();
  await expect(page.getByTestId("field-channels-3-class")).toHaveValue("heat");
});

test("a port that is not there is said so once, with what to look at", async ({ page, daemon }) => {
  await open(page, daemon, "#/new");
  await page.getByTestId("preset").selectOption({ label: "Two temperature meters on one wire" });
  await page.getByTestId("step-link").click();
  await page.getByTestId("field-driver-port").fill("/dev/no-such-port");
  await page.getByTestId("step-channels").click();
  await page.getByTestId("test-channels").click();
  await expect(page.getByTestId("probe-result")).toContainText("is the adapter plugged in?");
  await expect(page.getByText("is the adapter plugged in?")).toHaveCount(1);
});

test("a machine whose controller sends says where to and what came", async ({ page, daemon }) => {
  await open(page, daemon, "#/new");
  await page.getByTestId("field-name").fill("Rig");
  await page.getByTestId("field-driver-type").selectOption("push");
  await page.getByTestId("step-channels").click();
  await page.getByTestId("add-sensor").click();
  await page.getByTestId("field-channels-0-label").fill("Inlet");
  await page.getByTestId("field-channels-0-tag").fill("inlet-42");
  await page.getByTestId("save-machine").click();
  await expect(page).toHaveURL(/#\/m\/rig$/);
  await open(page, daemon, "#/m/rig/setup");
  await page.getByTestId("step-link").click();
  await expect(page.getByTestId("push-link")).toContainText("/ws/controller/telemetry");
  const sent = await fetch(`${daemon.url}/api/v1/datapoints/batch`, {
    method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ datapoints: [{ event_public_id: "inlet-42", value: 181.5 }] }),
  });
  expect(sent.ok, await sent.text()).toBe(true);
  await expect(page.getByTestId("push-link").getByRole("row", { name: /inlet-42/ })).toContainText("181.5");
});
