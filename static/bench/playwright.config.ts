// Long runs that measure or take pictures; `make` knows them. None of them judges by its exit code.

import { defineConfig } from "@playwright/test";
import base from "../playwright.config";

export default defineConfig({
  ...base,
  testDir: ".",
  testMatch: "*.run.ts",
  outputDir: "../test-results/bench",
  // They take as long as they take.
  timeout: 0,
  workers: 1,
  reporter: [["line"]],
});
