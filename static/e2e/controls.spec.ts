// Sliders and switches: what was asked, and what became of it.

import type { Page } from "@playwright/test";
import { expect, open, test } from "./fixtures/daemon";
import { number, recording } from "./fixtures/recording";

const AIR_BEFORE_FIRE = {
  id: "air_before_fire", blocks: { channel: "burner", above: 0 }, unless: [{ channel: "airflow", at_least: 20 }], message: "Open the air first",
};

test("a slider shows what was asked for and then what was applied", async ({ page, daemon }) => {
  await recording(page, daemon);
  const before = await number(page, "applied-burner");
  await page.getByTestId("up-burner").click();
  await expect(page.getByTestId("outcome-burner")).toHaveAttribute("data-ask", "applied");
  await expect(page.getByTestId("applied-burner")).toHaveText(`${before + 5} %`);
});

test("a slider is moved by keys, one step and ten", async ({ page, daemon }) => {
  await recording(page, daemon);
  const slider = page.getByTestId("slider-burner");
  await slider.focus();
  await slider.press("Home");
  await expect(page.getByTestId("applied-burner")).toHaveText("0 %");
  await slider.press("PageUp");
  await slider.press("ArrowRight");
  await expect(page.getByTestId("applied-burner")).toHaveText("11 %");
});

test("a dragged slider ends where it was let go", async ({ page, daemon }) => {
  await recording(page, daemon);
  const thumb = page.getByTestId("slider-burner");
  const track = page.locator(".track", { has: thumb });
  const from = await thumb.boundingBox();
  const box = await track.boundingBox();
  if (from === null || box === null) throw new Error("the slider is not on screen");
  await page.mouse.move(from.x + from.width / 2, from.y + from.height / 2);
  await page.mouse.down();
  for (const share of [0.3, 0.5, 0.7, 0.9]) await page.mouse.move(box.x + box.width * share, box.y + box.height / 2, { steps: 4 });
  await page.mouse.move(box.x + box.width, box.y + box.height / 2);
  await page.mouse.up();
  await expect(page.getByTestId("applied-burner")).toHaveText("100 %");
});

test("a refused order goes back and says why; one that is answered late is sent, one that is never answered unknown", async ({ page, context, daemon }) => {
  let answers: "pass" | "hold" | "lose" = "pass";
  const held: (() => void)[] = [];
  await page.routeWebSocket(/\/ws\/live\//, (socket) => {
    const server = socket.connectToServer();
    server.onMessage((message) => {
      const isAck = String(message).includes('"control_ack"');
      // What follows a late answer is late as well: a line keeps its order.
      if ((isAck || held.length > 0) && answers === "hold") held.push(() => socket.send(message));
      else if (!isAck || answers === "pass") socket.send(message);
    });
  });
  await recording(page, daemon, { interlocks: [AIR_BEFORE_FIRE] });
  const applied = (tab: Page, id: string) => tab.getByTestId(`applied-${id}`);
  const ask = (id: string) => page.getByTestId(`outcome-${id}`);
  await page.getByTestId("slider-airflow").press("Home");
  await expect(applied(page, "airflow")).toHaveText("0 %");
  const before = await applied(page, "burner").innerText();
  await page.getByTestId("up-burner").click();
  await expect(page.getByTestId("refusal-burner")).toHaveText(AIR_BEFORE_FIRE.message);
  await expect(applied(page, "burner")).toHaveText(before);
  await page.getByTestId("help").click();
  await expect(page.getByTestId("help-dialog")).toBeVisible();
  await expect(page.getByTestId("log"), "a refusal at its control is no notice").toBeHidden();
  await page.keyboard.press("Escape");
  await expect(page.getByTestId("help-dialog")).toBeHidden();

  const other = await context.newPage();
  await open(other, daemon, "#/m/demo");
  await expect(applied(other, "airflow")).toHaveText("0 %");
  answers = "hold";
  await page.getByTestId("up-airflow").click();
  await expect(ask("airflow")).toHaveAttribute("data-ask", "sent");
  await expect(applied(other, "airflow"), "the other tab has the daemon's word").toHaveText("5 %");
  await expect(applied(page, "airflow"), "nothing counts as applied before the answer").toHaveText("0 %");
  answers = "pass";
  for (const pass of held.splice(0)) pass();
  await expect(ask("airflow")).toHaveAttribute("data-ask", "applied");
  await expect(applied(page, "airflow")).toHaveText("5 %");

  answers = "lose";
  await page.getByTestId("up-airflow").click();
  await expect(ask("airflow")).toHaveAttribute("data-ask", "unknown");
  await expect(ask("airflow")).toContainText("check machine");
  await expect(applied(page, "airflow"), "the next reading tells where it stands").toHaveText("10 %");
});

test("a value is typed: b75 and Enter, and what makes no sense is said", async ({ page, daemon }) => {
  await recording(page, daemon);
  await page.locator("h1").click();
  await page.keyboard.press("e");
  await page.keyboard.type("b75");
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("applied-burner")).toHaveText("75 %");
  await expect(page.getByTestId("quick-entry")).toBeHidden();
  await page.getByTestId("type-value").click();
  await page.keyboard.type("b175");
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("quick-entry")).toContainText("from 0 to 100");
  await page.keyboard.press("Escape");
  await expect(page.getByTestId("quick-entry")).toBeHidden();
  await expect(page.getByTestId("applied-burner")).toHaveText("75 %");
});

test("while readings stay away sliders ask first, and marks do not", async ({ page, daemon }) => {
  let isBlind = false;
  await page.routeWebSocket(/\/ws\/live\//, (socket) => {
    const server = socket.connectToServer();
    server.onMessage((message) => {
      if (!(isBlind && String(message).includes('"type":"temperature"'))) socket.send(message);
    });
  });
  await recording(page, daemon);
  isBlind = true;
  await expect(page.getByTestId("controls-stale")).toBeVisible({ timeout: 8_000 });
  await expect(page.getByTestId("up-burner")).toBeDisabled();
  await page.getByTestId("mark-CHARGE").click();
  await expect(page.getByTestId("mark-CHARGE")).toHaveAttribute("data-source", "manual");
  await page.getByRole("button", { name: "Send anyway" }).click();
  await page.getByTestId("up-burner").click();
  await expect(page.getByTestId("outcome-burner")).toHaveAttribute("data-ask", "applied");
});
