// `make bench`, the part of the pages: every acceptance criterion with a time or a size in it, measured beside its limit.

import { test, type Browser } from "@playwright/test";
import { withDaemon } from "../e2e/fixtures/daemon";
import { Controller, PUSHED } from "./controller";
import { alarm, frames, keys, opening, polling, sliders, stall, STEADY, toPixel, waking, type Bench } from "./measures";
import { percentile, Table } from "./report";
import { sizes } from "./sizes";
import { live } from "./soak";

/** Ten readings a second. Unit: ms. */
const PERIOD_MS = 100;
const HOUSE = 8;
const LONG_CURVE = 12_000;
const RUNS = 3;
const LATENCY_MS = 30_000;
const FRAMES_MS = 60_000;
const HOURS = 2;
const MIB = 1024 * 1024;

type Measure = { what: string; run: (bench: Bench, table: Table) => Promise<void> };

async function times<T>(run: () => Promise<T>): Promise<T[]> {
  const all: T[] = [];
  for (let i = 0; i < RUNS; i += 1) all.push(await run());
  return all;
}

const worst = (values: number[]) => percentile(values, 0.95);

const MEASURES: Measure[] = [
  {
    what: "A14 size",
    run: async (bench, table) => {
      const { firstJs, allJs, allCss } = await sizes(bench);
      table.limit("A14 scripts of the first screen, gzip", firstJs / 1024, 80, "KiB");
      table.limit("A14 all scripts, gzip", allJs / 1024, 100, "KiB");
      table.limit("A14 all styles, gzip", allCss / 1024, 12, "KiB");
    },
  },
  {
    what: "A15 opening",
    run: async (bench, table) => {
      const runs = await times(() => opening(bench));
      table.limit("A15 cockpit, nothing cached: first paint", worst(runs.map((run) => run.paintMs)), 1_000, "ms");
      table.limit(`A15 the curve of ${LONG_CURVE} readings drawn`, worst(runs.map((run) => run.curveMs)), 1_500, "ms");
      table.limit("A15 layout shift", worst(runs.map((run) => run.shift)), 0.02, "");
    },
  },
  {
    what: "A1 to the pixel",
    run: async (bench, table) => {
      const runs = await times(() => toPixel(bench, LATENCY_MS));
      for (const [share, most] of [[0.5, 60], [0.95, 120], [0.99, 250]] as const) {
        table.limit(`A1 sent by a controller to drawn on the curve, p${share * 100}`, worst(runs.map((run) => percentile(run, share))), most, "ms");
      }
    },
  },
  {
    what: "A2 wall",
    run: async (bench, table) => {
      const runs = await times(() => frames(bench, "wall", FRAMES_MS));
      table.limit(`A2 wall, ${HOUSE} × 10 Hz: frames later than 33 ms`, 100 * worst(runs.map((run) => run.slowShare)), 1, "%");
      table.limit("A2 longest frame", worst(runs.map((run) => run.longestMs)), 100, "ms");
      table.limit("A2 long tasks per minute", worst(runs.map((run) => run.longTasksPerMin)), 2, "");
      table.figure("A2 main thread busy", 100 * worst(runs.map((run) => run.busyShare)), "%");
    },
  },
  {
    what: "A3 cockpit",
    run: async (bench, table) => {
      const runs = await times(() => frames(bench, "cockpit", FRAMES_MS));
      table.limit(`A3 cockpit, ${LONG_CURVE} readings × 4 curves, ${HOUSE - 1} more sockets: frames later than 33 ms`, 100 * worst(runs.map((run) => run.slowShare)), 1, "%");
      table.limit("A3 main thread busy", 100 * worst(runs.map((run) => run.busyShare)), 40, "%");
      table.figure("A3 longest frame", worst(runs.map((run) => run.longestMs)), "ms");
    },
  },
  {
    what: "A6 stall",
    run: async (bench, table) => {
      const runs = await times(() => stall(bench));
      table.limit("A6 a line cut without a word: said to be old", worst(runs.map((run) => run.staleMs)), 3_500, "ms");
      table.limit("A6 live again on a new socket", worst(runs.map((run) => run.liveMs)), 13_000, "ms");
    },
  },
  {
    what: "A8 polling",
    run: async (bench, table) => table.limit("A8 no socket to be had: values move after the third try", worst(await times(() => polling(bench))), 5_000, "ms"),
  },
  {
    what: "A9 waking",
    run: async (bench, table) => table.limit("A9 a tab frozen for 4 s: its curve whole after waking", worst(await times(() => waking(bench))), 1_000, "ms"),
  },
  { what: "A10 keys", run: async (bench, table) => table.limit("A10 an event's mark from its key, worst of 6", Math.max(...(await keys(bench))), 150, "ms") },
  {
    what: "A17 sliders",
    run: async (bench, table) => table.limit("A17 a slider's key to the value in two tabs", worst((await times(() => sliders(bench))).flat()), 300, "ms"),
  },
  {
    what: "A18 alarm",
    run: async (bench, table) => {
      const runs = await times(() => alarm(bench));
      table.limit("A18 hot beans: the banner is seen", worst(runs.map((run) => run.seenMs)), 200, "ms");
      table.limit("A18 the sound is scheduled", worst(runs.map((run) => run.heardMs)), 300, "ms");
      table.figure("A18 acknowledged in another tab", worst(runs.map((run) => run.clearedMs)), "ms");
      table.limit("A18 layout shift", worst(runs.map((run) => run.shift)), 0.001, "");
    },
  },
];

async function house(browser: Browser, table: Table): Promise<void> {
  await withDaemon("", async (daemon) => {
    for (let n = 1; n < HOUSE; n += 1) {
      await daemon.addRoaster(`m${n}`, { name: `Drum ${n}`, operator: n > 1, more: { sampling_interval_ms: PERIOD_MS, safety: { operator_loss_ms: 0 } } });
      await daemon.act(`m${n}`, "start_monitoring");
    }
    await daemon.act(STEADY, "start_recording");
    const controller = await Controller.start(daemon);
    try {
      await daemon.act(PUSHED, "start_monitoring");
      await daemon.act(PUSHED, "start_recording");
      await controller.fill(LONG_CURVE);
      for (const { what, run } of MEASURES) {
        process.stdout.write(`${what}\n`);
        await run({ browser, daemon, controller }, table).catch((error: unknown) => table.missing(what, String(error)));
      }
    } finally {
      controller.stop();
      if (controller.failure !== null) table.missing("a reading of the controller", String(controller.failure));
    }
  });
}

test("pages", async ({ browser }) => {
  const table = new Table("pages", "make bench-write");
  await house(browser, table);
  process.stdout.write("A16 memory\n");
  const { peakBytes, slopeBytesPerHour } = await live(browser, { hours: HOURS, machines: HOUSE, tabs: 1 });
  table.limit(`A16 one tab, ${HOUSE} machines, ${HOURS} simulated hours: objects and buffers`, peakBytes / MIB, 60, "MiB");
  table.figure("A16 the same: growth per simulated hour", slopeBytesPerHour / MIB, "MiB");
  table.finish();
});
