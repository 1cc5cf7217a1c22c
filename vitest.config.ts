// Two projects: `unit` runs anywhere, `lab` boots real hosts and needs root on Linux.
import { defineConfig } from "vitest/config";

const define = { __HAPAIR_VERSION__: JSON.stringify("0.0.0-test") };

export default defineConfig({
  test: {
    projects: [
      {
        define,
        test: {
          name: "unit",
          include: ["src/**/*.test.{ts,tsx}", "test/*.test.ts", "test/golden/**/*.test.ts"],
          exclude: ["**/*.lab.test.ts", "node_modules/**"],
          testTimeout: 20_000,
        },
      },
      {
        define,
        test: {
          name: "lab",
          include: ["test/lab/**/*.lab.test.ts"],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          // Labs measure time on two cores, so their files run one after another.
          fileParallelism: false,
        },
      },
    ],
  },
});
