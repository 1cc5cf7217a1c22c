// The document's pair as it stands there, as a site to simulate.

import { lintInputs } from "../../src/cli/lint-inputs.ts";
import { siteOfFiles } from "../../src/cli/simulated-files.ts";
import type { Site } from "../../src/simulate/index.ts";

const folder = new URL("../../examples/ext-lb/as-written/", import.meta.url).pathname;

/** Its two files, read as a foreign pair's are. */
export function asWrittenSite(): Site {
  const files = ["extlb-01.conf", "extlb-02.conf"].map((file) => `${folder}${file}`);
  return siteOfFiles(lintInputs(files, { haproxy: [] })).site;
}
