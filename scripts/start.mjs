// npm start: from a fresh machine to the document's pair in the lab, deployed, verified, drilled three times over and reported.
// Without root or Linux it lints, renders and explains instead, and says what it left out.

import { join } from "node:path";
import process from "node:process";
import {
  build,
  installDependencies,
  prepareLab,
  requireNode,
  root,
  runInteractively,
  say,
} from "./prerequisites.mjs";

requireNode();
try {
  installDependencies();
  build();
} catch (error) {
  say(`hapair could not be prepared: ${error.message}`);
  process.exit(2);
}
const cli = join(root, "dist/cli/hapair.mjs");
const pairFile = join(root, "examples/ext-lb/pair.yaml");
const missing = prepareLab();
// The document's own password; the example's pair.yaml names this variable.
const env = { EXT_LB_VRRP_PASSWORD: "12345678", ...process.env };

if (missing.length === 0) {
  process.exit(runInteractively(process.execPath, [cli, "demo", ...process.argv.slice(2)], env));
}
say("");
say("The pair is linted, rendered and explained, but not run:");
for (const reason of missing) say(`  - ${reason}`);
say("Left out: the lab with two real hosts, deploying, verifying, drilling, the report.");
say("");
const asWritten = ["extlb-01.conf", "extlb-02.conf"].map((name) =>
  join(root, "examples/ext-lb/as-written", name),
);
// What the page's own files would do; that there are findings is the answer, not a failure.
const linted = runInteractively(process.execPath, [cli, "lint", "--promise", "2s", ...asWritten], env);
if (linted > 1) process.exit(linted);
const rendered = runInteractively(process.execPath, [cli, "render", pairFile], env);
const explained = runInteractively(process.execPath, [cli, "explain"], env);
process.exit(rendered === 0 ? explained : rendered);
