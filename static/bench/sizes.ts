// What a browser fetches, as `gzip -9` would pack it: a figure that does not depend on what the daemon packs with.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { open } from "../e2e/fixtures/daemon";
import type { Bench } from "./measures";

const ASSETS = new URL("../dist/assets/", import.meta.url).pathname;
const zipped = (bytes: Buffer) => gzipSync(bytes, { level: 9 }).length;
const sum = (names: string[]) => names.reduce((total, name) => total + zipped(readFileSync(join(ASSETS, name))), 0);

/** Scripts of the first screen as it asks for them, all scripts, all styles. Unit: bytes. */
export async function sizes({ browser, daemon }: Pick<Bench, "browser" | "daemon">): Promise<{ firstJs: number; allJs: number; allCss: number }> {
  const page = await browser.newPage();
  const scripts: Promise<Buffer>[] = [];
  page.on("response", (response) => {
    if (response.request().resourceType() === "script") scripts.push(response.body());
  });
  await open(page, daemon, "#/");
  await page.getByTestId("wall").waitFor();
  const firstJs = (await Promise.all(scripts)).reduce((total, bytes) => total + zipped(bytes), 0);
  await page.close();
  const names = readdirSync(ASSETS);
  return { firstJs, allJs: sum(names.filter((name) => name.endsWith(".js"))), allCss: sum(names.filter((name) => name.endsWith(".css"))) };
}
