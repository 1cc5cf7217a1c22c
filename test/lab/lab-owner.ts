// A process that owns labs: for tests of what happens to them when their owner is interrupted or dies.
// Usage: lab-owner.ts JSON-OF-SPEC...; prints "NAME up" when a lab is up, and then waits for its end.
import { type LabSpec, withLab } from "../../src/lab/index.ts";

const specs = process.argv.slice(2).map((text) => JSON.parse(text) as LabSpec);
await Promise.all(
  specs.map((spec) =>
    withLab(spec, { onProgress: (line) => process.stdout.write(`${spec.name} ${line}\n`) }, async () => {
      process.stdout.write(`${spec.name} up\n`);
      await new Promise<void>((resolve) => {
        setTimeout(resolve, 600_000);
      });
    }),
  ),
);
