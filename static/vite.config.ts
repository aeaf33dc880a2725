import { readFileSync } from "node:fs";
import { defineConfig } from "vitest/config";

// `npm run dev` serves the sources and hands everything the daemon answers on to a running one.
// The Host stays what the browser asked for, so that it fits its Origin.
const DAEMON = { target: process.env["HEARTH_URL"] ?? "http://127.0.0.1:8080", changeOrigin: false };

/** The version of the page; `test/version.test.ts` holds it to the daemon's. */
const { version } = JSON.parse(readFileSync(new URL("package.json", import.meta.url), "utf8")) as { version: string };

/** Vite's helper preloads the styles and chunks that a chunk needs; ours need none beyond what the page has. */
const withoutPreloading = {
  name: "without-preloading",
  enforce: "pre" as const,
  load: (id: string) => (id === "\0vite/preload-helper.js" ? "export const __vitePreload = (load) => load();" : undefined),
};

export default defineConfig({
  base: "./",
  plugins: [withoutPreloading],
  define: { "import.meta.env.VITE_HEARTH_VERSION": JSON.stringify(version) },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    target: "es2022", modulePreload: false, assetsInlineLimit: 0, manifest: "manifest.json",
    // What the first screen needs is one file: what others share with it, split off, would make all of them larger.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: "index", tags: ["$initial"] }] } } },
  },
  server: { proxy: { "/api": DAEMON, "/health": DAEMON, "/metrics": DAEMON, "/ws": { ...DAEMON, ws: true } } },
  // The limit only ends what hangs: beside a compiler everything is slow.
  test: { include: ["test/**/*.test.ts"], environment: "node", testTimeout: 120_000 },
});
