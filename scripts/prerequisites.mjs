// What both commands (npm start, npm test) do first on a new machine: Node's version, npm ci, Debian packages, the build.
// Rule: plain JavaScript without dependencies, for nothing is installed yet; says what it does and what it leaves out.

import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import process from "node:process";

export const root = resolve(import.meta.dirname, "..");

/** Programs the lab needs, with the Debian or Ubuntu package that has them. */
const LAB_PROGRAMS = [
  ["mmdebstrap", "mmdebstrap"],
  ["systemd-nspawn", "systemd-container"],
  ["ip", "iproute2"],
  ["nft", "nftables"],
  ["ssh", "openssh-client"],
  ["nsenter", "util-linux"],
  ["setsid", "util-linux"],
  ["unshare", "util-linux"],
  ["flock", "util-linux"],
  ["curl", "curl"],
  ["promtool", "prometheus"],
  ["prometheus", "prometheus"],
];
/** Packages whose program is wanted and whose service is not: it is kept from starting, now and at boot. */
const UNWANTED_SERVICES = ["prometheus"];
const DEBIAN_KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";

export function say(text) {
  process.stderr.write(`${text}\n`);
}

function hasProgram(name) {
  return (
    spawnSync("sh", ["-c", `command -v ${name}`], {
      env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` },
    }).status === 0
  );
}

function run(program, args, options = {}) {
  const result = spawnSync(program, args, { cwd: root, stdio: ["ignore", 2, 2], ...options });
  if (result.error !== undefined) throw result.error;
  if (result.status !== 0)
    throw new Error(`${program} ${args.join(" ")} ended with exit code ${result.status ?? result.signal}`);
}

/** Ends the process with a clear line where Node is too old. */
export function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  say(
    `hapair needs Node 20.19 or newer; this is ${process.versions.node}. Install a newer Node and run the command again.`,
  );
  process.exit(2);
}

/** npm ci, where node_modules is missing or older than the lock file. */
export function installDependencies() {
  const installed = join(root, "node_modules/.package-lock.json");
  const lock = join(root, "package-lock.json");
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return;
  say("• installing npm packages (npm ci) ...");
  run("npm", ["ci", "--no-audit", "--no-fund"]);
}

/** Compiles the command line. */
export function build() {
  say("• building ...");
  run(
    process.execPath,
    [join(root, "node_modules/rolldown/bin/cli.mjs"), "--config", "rolldown.config.ts", "--logLevel", "warn"],
    { stdio: ["ignore", "ignore", 2] },
  );
}

/**
 * Why real hosts cannot run on this machine, after trying to install what is missing; empty when they can.
 * Installs Debian packages only as root.
 */
export function prepareLab() {
  if (process.platform !== "linux")
    return [`real hosts need Linux network namespaces; this is ${process.platform}`];
  if (process.getuid?.() !== 0)
    return [
      "real hosts need root (network namespaces, systemd-nspawn); run the command as root or with sudo",
    ];
  const packages = new Set(LAB_PROGRAMS.filter(([program]) => !hasProgram(program)).map(([, name]) => name));
  if (!existsSync(DEBIAN_KEYRING)) packages.add("debian-archive-keyring");
  if (packages.size > 0) {
    const names = [...packages];
    if (!hasProgram("apt-get"))
      return [`these are missing and there is no apt-get to install them: ${names.join(", ")}`];
    say(`• installing Debian packages: ${names.join(" ")} ...`);
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    try {
      run("apt-get", ["update", "-q"], { env, stdio: ["ignore", "ignore", 2] });
      withoutServices(names, () =>
        run("apt-get", ["install", "-y", "-q", "--no-install-recommends", ...names], {
          env,
          stdio: ["ignore", "ignore", 2],
        }),
      );
    } catch (error) {
      return [`apt-get could not install ${names.join(", ")}: ${error.message}`];
    }
  }
  return LAB_PROGRAMS.filter(([program]) => !hasProgram(program)).map(
    ([program, name]) => `${program} (package ${name}) is missing`,
  );
}

/**
 * Installs while the services that nobody asked for are masked, so that the packages' scripts cannot start them, and leaves them disabled.
 * Where systemd does not run there is nothing that could start them. A service that was there before is not touched: its package is not in `names`.
 */
function withoutServices(names, install) {
  const services = UNWANTED_SERVICES.filter((name) => names.includes(name));
  if (services.length === 0 || !existsSync("/run/systemd/system")) return install();
  const systemctl = (...words) => spawnSync("systemctl", [...words, ...services], { stdio: "ignore" });
  systemctl("mask", "--runtime");
  try {
    install();
  } finally {
    systemctl("unmask", "--runtime");
    systemctl("disable");
  }
}

/** The version in package.json. */
export function version() {
  return JSON.parse(readFileSync(join(root, "package.json"), "utf8")).version;
}

/** Runs a program with this terminal and answers its exit code. */
export function runInteractively(program, args, env = process.env) {
  const result = spawnSync(program, args, { cwd: root, stdio: "inherit", env });
  if (result.error !== undefined) throw result.error;
  return result.status ?? 1;
}

/** What a quiet program printed. */
export function outputOf(program, args) {
  return execFileSync(program, args, { cwd: root, encoding: "utf8" });
}
