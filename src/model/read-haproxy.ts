// HAProxy's part of the file: the user's configuration, the files carried along, and the health address.

import { isLoopback, parseAddress } from "./address.ts";
import { type Path, pathText } from "./fields.ts";
import { isReservedNodePath } from "./node-paths.ts";
import type { CarriedFile, HaproxySettings } from "./pair.ts";
import { shown } from "./places.ts";
import { defaultHealth } from "./profiles.ts";
import { addAt, type Reading } from "./reading.ts";

/** Reads haproxy:; undefined where its configuration is not named. */
export function readHaproxy(reading: Reading): HaproxySettings | undefined {
  const written = reading.file.haproxy;
  const targets = new Set<string>();
  const files = (written?.files ?? []).flatMap((file, index) =>
    file === undefined ? [] : (readCarriedFile(reading, ["haproxy", "files", index], file, targets) ?? []),
  );
  const health = readHealth(reading, written?.health);
  if (written?.config === undefined || health === undefined) return undefined;
  return { config: written.config, files, healthAddress: health.address, healthPort: health.port };
}

type WrittenFile = NonNullable<NonNullable<NonNullable<Reading["file"]["haproxy"]>["files"]>[number]>;

const SECRET_BY_NAME = /\.(pem|key)$/i;
const MODE_SECRET = 0o600;
const MODE_PLAIN = 0o644;

function readCarriedFile(
  reading: Reading,
  path: Path,
  written: WrittenFile,
  targets: Set<string>,
): CarriedFile | undefined {
  const { from } = written;
  const to =
    written.to === undefined ? undefined : readNodePath(reading, [...path, "to"], written.to, targets);
  const secret = written.secret ?? (from !== undefined && SECRET_BY_NAME.test(from));
  const mode =
    written.mode === undefined
      ? secret
        ? MODE_SECRET
        : MODE_PLAIN
      : readMode(reading, [...path, "mode"], written.mode, secret);
  return from === undefined || to === undefined || mode === undefined
    ? undefined
    : { from, to, mode, secret };
}

function readNodePath(
  reading: Reading,
  path: Path,
  written: string,
  targets: Set<string>,
): string | undefined {
  const problem = nodePathProblem(written, targets);
  if (problem === undefined) {
    targets.add(written);
    return written;
  }
  addAt(reading, "HP060", path, {
    message: `${pathText(path)} is ${shown(written)}: ${problem.why}`,
    advice: problem.advice,
  });
  return undefined;
}

interface PathProblem {
  readonly why: string;
  readonly advice: string;
}

function nodePathProblem(path: string, targets: ReadonlySet<string>): PathProblem | undefined {
  if (!path.startsWith("/")) {
    return {
      why: "on a node a path is absolute",
      advice: `to: /etc/haproxy/${path.replace(/^(\.{0,2}\/)+/, "")}`,
    };
  }
  if (path.endsWith("/"))
    return { why: "a directory, where the file's own path is wanted", advice: `to: ${path}NAME` };
  if (path.split("/").some((part, index) => part === "." || part === ".." || (part === "" && index > 0))) {
    return { why: "the path is not plain (no //, . or ..)", advice: "to: the path as `realpath` prints it" };
  }
  // oxlint-disable-next-line no-control-regex -- Control characters are what is looked for.
  if (/[\u0000-\u001f\u007f]/.test(path))
    return { why: "a control character in it", advice: "to: /etc/haproxy/site.pem" };
  if (isReservedNodePath(path))
    return { why: "hapair writes this file itself", advice: "another path, e.g. under /etc/haproxy/" };
  if (targets.has(path)) return { why: "another file lands there already", advice: "a path of its own" };
  return undefined;
}

const OCTAL_MODE = /^(?:0o?)?([0-7]{3})$|^([0-7]{4})$/;
const READABLE_BY_OTHERS = 0o004;

function readMode(
  reading: Reading,
  path: Path,
  written: string | number,
  secret: boolean,
): number | undefined {
  const digits = OCTAL_MODE.exec(String(written));
  const mode = digits === null ? undefined : Number.parseInt(digits[1] ?? digits[2] ?? "", 8);
  if (mode === undefined) {
    addAt(reading, "HP061", path, {
      message: `${pathText(path)} is ${shown(written)}: not a mode of three or four octal digits`,
      advice: `mode: "0${(secret ? MODE_SECRET : MODE_PLAIN).toString(8)}"`,
    });
    return undefined;
  }
  if (secret && (mode & READABLE_BY_OTHERS) !== 0) {
    addAt(reading, "HP063", path, {
      message: `${pathText(path)} is ${shown(written)}: every user of the node can read a file that is called secret`,
      consequence: "HAProxy reads it as root before it gives up its rights, so it needs no more than 0600",
      advice: 'mode: "0600"',
    });
  }
  return mode;
}

const PORT_MAX = 65_535;

function readHealth(
  reading: Reading,
  written: string | undefined,
): { address: string; port: number } | undefined {
  if (written === undefined) return defaultHealth;
  const path: Path = ["haproxy", "health"];
  const parts = /^(?:\[([^[\]]*)\]|([^:[\]]*)):(\d{1,5})$/.exec(written);
  const parsed = parts === null ? undefined : parseAddress(parts[1] ?? parts[2] ?? "");
  const port = Number(parts?.[3] ?? 0);
  if (parsed?.kind !== "address" || port < 1 || port > PORT_MAX) {
    addAt(reading, "HP020", path, {
      message: `${pathText(path)} is ${shown(written)}: not an address with a port from 1 to ${PORT_MAX}`,
      advice: "health: 127.0.0.1:8405",
    });
    return undefined;
  }
  if (!isLoopback(parsed.address)) {
    addAt(reading, "HP062", path, {
      message: `${pathText(path)} is ${shown(written)}: not a loopback address`,
      consequence: "statistics would be open to the network, and the check would fail with the network",
      advice: `health: 127.0.0.1:${port}`,
    });
    return undefined;
  }
  return { address: parsed.address.text, port };
}
