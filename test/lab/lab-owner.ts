// A process that owns a lab: for tests of what happens to the lab when its owner is interrupted or dies.
// Usage: lab-owner.ts JSON-OF-SPEC; prints "up" when the lab is up and then waits for its end.
import { type LabSpec, withLab } from "../../src/lab/index.ts";

const spec = JSON.parse(process.argv[2] ?? "") as LabSpec;
await withLab(spec, { onProgress: (line) => process.stdout.write(`${line}\n`) }, async () => {
  process.stdout.write("up\n");
  await new Promise<void>((resolve) => setTimeout(resolve, 600_000));
});
