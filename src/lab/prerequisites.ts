// What a machine needs before a lab can run on it.
// Rule: everything missing is found at once, each with the package that brings it.
import { access, constants } from "node:fs/promises";
import { HapairError, sentenceList } from "../base/index.ts";

/** One thing that is missing, in words, and the Debian package that brings it (absent: no package can). */
export interface Missing {
  readonly what: string;
  readonly package?: string;
}

const programs: readonly { readonly program: string; readonly package: string }[] = [
  { program: "mmdebstrap", package: "mmdebstrap" },
  { program: "systemd-nspawn", package: "systemd-container" },
  { program: "ip", package: "iproute2" },
  { program: "nsenter", package: "util-linux" },
  { program: "unshare", package: "util-linux" },
  { program: "flock", package: "util-linux" },
  { program: "find", package: "findutils" },
  { program: "ssh", package: "openssh-client" },
  { program: "ssh-keygen", package: "openssh-client" },
];
const debianKeys = "/usr/share/keyrings/debian-archive-keyring.gpg";

async function exists(path: string, mode: number): Promise<boolean> {
  return await access(path, mode).then(
    () => true,
    () => false,
  );
}

/** Where a program may be: PATH, and where root's programs are even if the PATH of an ordinary user lacks it. */
function programDirectories(): string[] {
  return `${process.env["PATH"] ?? ""}:/usr/sbin:/usr/bin:/sbin:/bin`
    .split(":")
    .filter((path) => path.startsWith("/"));
}

async function findProgram(program: string, directories: readonly string[]): Promise<boolean> {
  const found = await Promise.all(
    directories.map((directory) => exists(`${directory}/${program}`, constants.X_OK)),
  );
  return found.includes(true);
}

/** Everything that keeps a lab from running on this machine; empty when nothing does. */
export async function labPrerequisites(
  directories: readonly string[] = programDirectories(),
): Promise<Missing[]> {
  if (process.platform !== "linux") return [{ what: "Linux: the hosts of a lab are Linux namespaces" }];
  const missing: Missing[] = [];
  if (process.geteuid?.() !== 0) missing.push({ what: "root: namespaces and mounts need it" });
  const found = await Promise.all(programs.map(({ program }) => findProgram(program, directories)));
  for (const [index, { program, package: name }] of programs.entries()) {
    if (found[index] !== true) missing.push({ what: `the program ${program}`, package: name });
  }
  if (!(await exists(debianKeys, constants.R_OK))) {
    missing.push({ what: "the keys of the Debian archive", package: "debian-archive-keyring" });
  }
  return missing;
}

/** The line that installs what is missing; undefined when no package helps. */
export function installLine(missing: readonly Missing[]): string | undefined {
  const packages = new Set(missing.flatMap((one) => (one.package === undefined ? [] : [one.package])));
  return packages.size === 0 ? undefined : `apt-get install --yes ${[...packages].toSorted().join(" ")}`;
}

/** Throws a HapairError that names everything missing and the line that installs it. */
export async function requirePrerequisites(): Promise<void> {
  const missing = await labPrerequisites();
  if (missing.length === 0) return;
  const line = installLine(missing);
  throw new HapairError({
    kind: "usage",
    code: "lab-prerequisites",
    message: `A lab cannot run here. Missing: ${sentenceList(missing.map((one) => one.what))}.`,
    hint: line === undefined ? "Run it as root on Linux (sudo)." : `As root: ${line}`,
  });
}
