import { defineConfig } from "vitest/config";

// `npm run dev` serves the sources and hands everything the daemon answers on to a running one.
const DAEMON = process.env["HEARTH_URL"] ?? "http://127.0.0.1:8080";

export default defineConfig({
  base: "./",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: { target: "es2022", modulePreload: { polyfill: false }, assetsInlineLimit: 0, manifest: "manifest.json" },
  server: { proxy: { "/api": DAEMON, "/health": DAEMON, "/ws": { target: DAEMON, ws: true } } },
  test: { include: ["test/**/*.test.ts"], environment: "node" },
});
