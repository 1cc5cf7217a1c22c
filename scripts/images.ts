// Builds the lab hosts' images that are not on this machine yet, all releases at once: each is mostly one processor's work, and the network's.

import { messageOf } from "../src/base/index.ts";
import { ensureImage, suites } from "../src/lab/index.ts";

try {
  await Promise.all(
    suites.map((suite) =>
      ensureImage(suite, {
        // What mmdebstrap says of each step is for those who look for a fault in it.
        onProgress: (line) => {
          if (line.startsWith("making")) process.stderr.write(`• ${line} ...\n`);
        },
      }),
    ),
  );
} catch (failure) {
  process.stderr.write(`${messageOf(failure)}\n`);
  process.exitCode = 1;
}
