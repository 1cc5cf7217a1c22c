// Makes and finds the root filesystems of lab hosts: built once by mmdebstrap, kept by the hash of their recipe.
// Rule: an image appears under its name complete or not at all, and two builds of one image never run at once.
import { createHash } from "node:crypto";
import { mkdir, stat } from "node:fs/promises";
import { HapairError } from "../base/index.ts";
import { lastLines, runProcess } from "../host/index.ts";
import { imageBuildScript, imageRecipe, type Mirror } from "./image-recipe.ts";
import type { Suite } from "./lab-spec.ts";

const imageTimeLimitMs = 15 * 60_000;

/** Where images are kept: below HAPAIR_CACHE, or /var/cache/hapair. */
export function imagesDirectory(): string {
  return `${process.env["HAPAIR_CACHE"] ?? "/var/cache/hapair"}/images`;
}

/** Where the image of a release is, or will be. */
export function imagePath(suite: Suite): string {
  const hash = createHash("sha256").update(imageRecipe(suite).text).digest("hex").slice(0, 16);
  return `${imagesDirectory()}/${suite}-${hash}`;
}

export async function imageExists(suite: Suite): Promise<boolean> {
  return await stat(imagePath(suite)).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

const debianHost = "deb.debian.org";
const debianMirror: Mirror = {
  archive: `http://${debianHost}/debian`,
  security: `http://${debianHost}/debian-security`,
};

/** The Debian mirror that this machine's own apt uses; deb.debian.org where it uses none (Ubuntu, say). */
async function mirrorOfThisMachine(): Promise<Mirror> {
  const format = "$(ORIGIN)|$(RELEASE)|$(REPO_URI)";
  const targets = await runProcess("apt-get", ["indextargets", "--format", format], {
    timeoutMs: 10_000,
  }).catch(() => undefined);
  let mirror = debianMirror;
  for (const line of targets?.stdout.split("\n") ?? []) {
    const [origin, release, address] = line.split("|");
    if (origin !== "Debian" || address === undefined || !/^https?:\/\//.test(address)) continue;
    if (/-(?:updates|backports|proposed)/.test(release ?? "")) continue;
    const base = address.replace(/\/+$/, "");
    mirror =
      release?.endsWith("-security") === true ? { ...mirror, security: base } : { ...mirror, archive: base };
  }
  return mirror;
}

export interface ImageOptions {
  readonly onProgress?: (line: string) => void;
  readonly signal?: AbortSignal;
}

/**
 * The path of the root filesystem for `suite`, built first if need be (25 to 40 s and the network).
 * Throws a HapairError with mmdebstrap's own last lines when it cannot be built.
 */
export async function ensureImage(suite: Suite, options: ImageOptions = {}): Promise<string> {
  const path = imagePath(suite);
  if (/[,:\\\s]/.test(path)) {
    throw new HapairError({
      kind: "usage",
      code: "lab-cache-path",
      message: `HAPAIR_CACHE is ${path}: an overlay cannot be mounted from a path with a space, comma, colon or backslash.`,
      hint: "Set HAPAIR_CACHE to another directory.",
    });
  }
  if (await imageExists(suite)) return path;
  await mkdir(imagesDirectory(), { recursive: true, mode: 0o755 });
  const mirror = await mirrorOfThisMachine();
  options.onProgress?.(
    `making the ${suite} root filesystem (once, about half a minute) from ${mirror.archive}`,
  );
  await build(imageBuildScript(imageRecipe(suite), mirror, path), path, options);
  return path;
}

/** Runs the build under a lock that the kernel releases, in namespaces that end with it: however it dies, nothing runs on or stays mounted. */
async function build(script: string, path: string, options: ImageOptions): Promise<void> {
  const words = [
    "--no-fork",
    `${path}.lock`,
    "unshare",
    "--mount",
    "--propagation",
    "private",
    "--pid",
    "--fork",
    "--kill-child",
    "/bin/sh",
    "-s",
  ];
  const result = await runProcess("flock", words, {
    input: script,
    timeoutMs: imageTimeLimitMs,
    onOutput: (_stream, chunk) => {
      for (const line of Buffer.from(chunk).toString("utf8").split("\n")) {
        if (line.startsWith("I: ")) options.onProgress?.(line.slice(3));
      }
    },
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  if (result.exitCode === 0 && result.endedEarly === undefined) return;
  throw new HapairError({
    kind: "unreachable",
    code: "lab-image",
    message: `The root filesystem ${path} could not be made (${result.endedEarly ?? `exit code ${result.exitCode}`}): ${lastLines(result.stderr, 8)}`,
    hint: "It needs the Debian mirror that apt uses here, about 1 GB of disk, and on Ubuntu the package debian-archive-keyring.",
  });
}
