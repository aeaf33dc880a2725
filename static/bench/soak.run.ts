// `make soak`: a shop's day of eight hours in eight minutes, three tabs open.

import { test } from "@playwright/test";
import { Table } from "./report";
import { live } from "./soak";

const HOURS = 8;
const MACHINES = 8;
const MIB = 1024 * 1024;
/** What a tab may gain in an hour before somebody who leaves it open for a week notices. Unit: MiB. */
const GROWTH_MIB = 0.25;

test("soak", async ({ browser }) => {
  const { peakBytes, slopeBytesPerHour, errors, roasts, differences, readings } = await live(browser, { hours: HOURS, machines: MACHINES, tabs: 3 });
  const table = new Table("soak", "make soak");
  table.figure(`${HOURS} simulated hours, ${MACHINES} machines, three tabs: roasts recorded`, roasts, "");
  table.limit("most that a tab kept: objects and buffers", peakBytes / MIB, 60, "MiB");
  table.limit("growth of a tab per simulated hour", slopeBytesPerHour / MIB, GROWTH_MIB, "MiB");
  table.limit("errors in the three consoles", errors.length, 0, "");
  table.limit(`differences between the tabs: curve of ${readings} readings as numbers and as pixels, marks, time`, differences.length, 0, "");
  for (const line of [...errors, ...differences]) process.stdout.write(`${line}\n`);
  table.finish();
});
