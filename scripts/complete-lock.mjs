// Adds to package-lock.json the optional packages for other platforms that a registry did not offer when the lock was made: npm ci refuses a lock
// without them, on every machine. Run it after npm install has rewritten the lock (npm run lock); a test checks that nothing is missing.

import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

const file = join(resolve(import.meta.dirname, ".."), "package-lock.json");
const LIBRARIES = { gnu: "glibc", gnueabihf: "glibc", musl: "musl", musleabihf: "musl" };

/** The platform that a native package's name tells: `binding-linux-x64-musl`, `darwin-arm64`. */
function platformOf(name) {
  const [system, cpu, library] = (name.split("/").at(-1) ?? "").replace(/^binding-/, "").split("-");
  if (system === "wasm32") return { cpu: ["wasm32"] };
  const libc = system === "linux" && library !== undefined ? LIBRARIES[library] : undefined;
  return { cpu: [cpu], ...(libc === undefined ? {} : { libc: [libc] }), os: [system] };
}

const lock = JSON.parse(readFileSync(file, "utf8"));
let added = 0;
for (const entry of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (lock.packages[`node_modules/${name}`] !== undefined || !/^\d/.test(version)) continue;
    lock.packages[`node_modules/${name}`] = { version, dev: true, optional: true, ...platformOf(name) };
    added += 1;
  }
}
lock.packages = Object.fromEntries(
  Object.entries(lock.packages).toSorted(([left], [right]) => (left < right ? -1 : 1)),
);
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
process.stdout.write(`${added} packages for other platforms added\n`);
