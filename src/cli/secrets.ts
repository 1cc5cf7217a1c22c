// Turns a reference to a secret into its value, at the last moment. The value is never printed, logged or put on a command line.

import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { HapairError, messageOf, unreachable } from "../base/index.ts";
import { runProcess } from "../host/index.ts";
import type { SecretReference } from "../model/index.ts";

const COMMAND_TIME_LIMIT_MS = 30_000;

function unset(what: string, from: string, hint: string): HapairError {
  return new HapairError({
    kind: "usage",
    code: "secret-unset",
    message: `${what} is not set: ${from}`,
    hint,
  });
}

/** The value, without a line end at its end. `what` names the secret in errors; `directory` is that of the pair's file. */
export async function resolveSecret(
  reference: SecretReference,
  what: string,
  directory: string,
): Promise<string> {
  switch (reference.kind) {
    case "env": {
      const value = process.env[reference.name];
      if (value === undefined || value === "") {
        throw unset(
          what,
          `the environment variable ${reference.name} is empty`,
          `Set it for this command: ${reference.name}=... hapair ...`,
        );
      }
      return value;
    }
    case "file": {
      const path = resolve(directory, reference.path);
      const text = await readFile(path, "utf8").catch((cause: unknown) => {
        throw unset(
          what,
          `the file ${path} cannot be read (${messageOf(cause)})`,
          "Write the secret there, readable by you alone (chmod 600).",
        );
      });
      const value = text.replace(/\r?\n$/, "");
      if (value === "")
        throw unset(
          what,
          `the file ${path} is empty`,
          "Write the secret there, readable by you alone (chmod 600).",
        );
      return value;
    }
    case "command": {
      const result = await runProcess("sh", ["-c", reference.command], { timeoutMs: COMMAND_TIME_LIMIT_MS });
      const value = result.stdout.replace(/\r?\n$/, "");
      if (result.exitCode !== 0 || value === "") {
        throw unset(
          what,
          `the command \`${reference.command}\` ended with exit code ${result.exitCode} and ${value === "" ? "no" : "some"} output`,
          "Run it by hand to see why.",
        );
      }
      return value;
    }
    default:
      return unreachable(reference);
  }
}

/** The text with every secret replaced by asterisks, as many for every secret, so that not even the length shows; the longest first, for one may hold another. */
export function maskSecrets(text: string, secrets: readonly string[]): string {
  return secrets
    .filter((secret) => secret !== "")
    .toSorted((a, b) => b.length - a.length)
    .reduce((masked, secret) => masked.replaceAll(secret, "********"), text);
}
