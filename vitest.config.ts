// Three projects: `unit` runs anywhere; `lab` and `lab-alone` boot real hosts and need root on Linux.
import { defineConfig } from "vitest/config";

const define = { __HAPAIR_VERSION__: JSON.stringify("0.0.0-test") };

/** They measure requests, packets or the times of daemons, on two processors: nothing else may run beside them. */
const MEASURING_LABS = [
  "deploy-traffic",
  "drill",
  "faults",
  "fidelity",
  "planned",
  "switchover",
  "vrrp-wire",
].map((name) => `test/lab/${name}.lab.test.ts`);
const LAB_LIMITS = { testTimeout: 180_000, hookTimeout: 180_000 };

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
          // No file leaves anything behind for the next, so what several of them import is loaded once a worker, not once a file.
          isolate: false,
          // vitest would leave one processor free, and of two that is half of them.
          maxWorkers: "100%",
        },
      },
      {
        define,
        test: {
          name: "lab",
          include: ["test/lab/**/*.lab.test.ts"],
          exclude: [...MEASURING_LABS, "node_modules/**"],
          ...LAB_LIMITS,
          // Hosts wait more than they work, so two files share the machine; after the unit tests, which do not wait.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        define,
        test: {
          name: "lab-alone",
          include: MEASURING_LABS,
          ...LAB_LIMITS,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
