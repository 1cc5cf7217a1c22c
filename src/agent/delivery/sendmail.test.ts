// Deliveries by a local mail program: small scripts that take the message, refuse it, hang or are not there.

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { sampleNotice, sender } from "../../../test/support/agent-notices.ts";
import { deliver, type DeliveryResult } from "./deliver.ts";

const directory = mkdtempSync(join(tmpdir(), "hapair-sendmail-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const at = (name: string): string => join(directory, name);

function program(name: string, script: string): string {
  writeFileSync(at(name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return at(name);
}

function send(
  path: string,
  from = "Alerts <alerts@example.com>",
  timeLimitMs = 5000,
): Promise<DeliveryResult> {
  return deliver({ kind: "sendmail", path, from, to: ["ops@example.com"] }, sampleNotice("opened"), {
    ...sender,
    timeLimitMs,
  });
}

it("gets the whole message on its input, and words of ours alone", async () => {
  const path = program(
    "takes",
    `cat > ${at("message")}; printf '%s\\n' "$@" > ${at("words")}; env > ${at("env")}`,
  );
  expect(await send(path)).toMatchObject({ kind: "delivered", said: `${path} took it` });
  const message = readFileSync(at("message"), "utf8");
  expect(message).toContain("To: ops@example.com\n");
  expect(message).toContain("Message-ID: <hapair.4f1c2a90b7d3e856.1.on-call@example.com>\n");
  expect(message).toContain("Subject: [hapair] ext-lb CRITICAL: two nodes hold 10.150.160.32");
  expect(message).not.toContain("\r");
  expect(readFileSync(at("words"), "utf8")).toBe("-t\n-i\n-f\nalerts@example.com\n");
  expect(readFileSync(at("env"), "utf8")).not.toMatch(/^(HOME|USER|NODE_)/m);
  await send(path, "-oQ/tmp/x <-bad@example.com>");
  expect(readFileSync(at("words"), "utf8")).toBe("-t\n-i\n");
});

it.each([
  [75, "temporary failure", false],
  [67, "no such recipient", true],
  [1, undefined, false],
])("tells exit code %i", async (code, meaning, permanent) => {
  const path = program(
    `ends-${code}`,
    `cat > /dev/null; echo "first line" >&2; echo second >&2; exit ${code}`,
  );
  const known = meaning === undefined ? "" : ` (${meaning})`;
  expect(await send(path)).toEqual({
    kind: "failed",
    said: `${path} ended with exit code ${code}${known}; it said: first line second`,
    permanent,
  });
});

it("may end without reading, by a signal, or having said too much", async () => {
  expect(await send(program("early", "exit 75"))).toMatchObject({ kind: "failed", permanent: false });
  expect(await send(program("signal", "kill -9 $$"))).toMatchObject({
    said: `${at("signal")} was ended by SIGKILL`,
  });
  const chatty = await send(program("chatty", "head -c 5000000 /dev/zero | tr '\\0' 'x ' >&2; exit 1"));
  expect(chatty.said.length).toBeLessThan(400);
});

it("is killed with all that it started when it hangs", async () => {
  const path = program("hangs", `(sleep 1; echo late > ${at("late")}) & wait`);
  expect(await send(path, undefined, 300)).toEqual({
    kind: "failed",
    said: `${path} was not done within 300 ms and was killed`,
    permanent: false,
  });
  await new Promise((resolve) => setTimeout(resolve, 1100));
  expect(existsSync(at("late"))).toBe(false);
});

it("is not waited for by a child that it leaves behind", async () => {
  const path = program("leaves", "cat > /dev/null; sleep 2 & exit 0");
  expect(await send(path, undefined, 1900)).toMatchObject({ kind: "delivered" });
});

it("may be missing, or no program", async () => {
  expect(await send(at("missing"))).toEqual({
    kind: "failed",
    said: `${at("missing")} is not there: install a mail program, or correct the route's path`,
    permanent: true,
  });
  writeFileSync(at("plain"), "text", { mode: 0o644 });
  expect(await send(at("plain"))).toMatchObject({
    said: `${at("plain")} may not be run by the agent`,
    permanent: true,
  });
});
