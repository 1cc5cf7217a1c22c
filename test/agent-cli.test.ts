// A pair with an agent at the command line: what is missing or cannot be used is said, nothing secret is shown, lint asks for no secret.

import {
  chmodSync,
  closeSync,
  cpSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildIfMissing, type Ended, hapair } from "./support/hapair-command.ts";

const folder = mkdtempSync(join(tmpdir(), "hapair-agent-cli-"));
const pairFile = join(folder, "pair.yaml");
const SECRETS = {
  EXT_LB_AGENT_KEY: "geheim-0123456789abcdef",
  EXT_LB_SMTP_PASSWORD: 'geheim "smtp"',
  EXT_LB_SLACK_URL: "https://hooks.example.com/geheim",
  EXT_LB_PAGERDUTY_KEY: "geheim-pager",
  EXT_LB_HOOK_SECRET: "geheim-hook",
};

beforeAll(() => {
  buildIfMissing();
  cpSync(new URL("../examples/ext-lb-agent/", import.meta.url).pathname, folder, { recursive: true });
});
afterAll(() => rmSync(folder, { recursive: true }));

async function run(words: readonly string[], environment: Record<string, string> = SECRETS): Promise<Ended> {
  const ended = await hapair(words, { directory: folder, timeLimitMs: 15_000, environment });
  expect(ended.stdout + ended.stderr).not.toMatch(/geheim|\n {4}at /);
  return ended;
}

describe("render", () => {
  test("shows the agent's files without a secret, and its program by its size", async () => {
    const { exitCode, stdout } = await run(["render", "--node", "extlb-01", pairFile]);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(
      /==> extlb-01:\/usr\/local\/lib\/hapair\/hapair-agent\.mjs .*\n\(a program, \d+ kB; /,
    );
    expect(stdout).toContain('"key": "********"');
    expect(stdout.length).toBeLessThan(40_000);
  });

  test("writes them complete, the settings for root alone", async () => {
    const { exitCode } = await run(["render", "--output", join(folder, "out"), pairFile]);
    expect(exitCode).toBe(0);
    const settings = join(folder, "out/extlb-02/etc/hapair/agent.json");
    expect(statSync(settings).mode & 0o777).toBe(0o600);
    expect(readFileSync(settings, "utf8")).toContain(SECRETS.EXT_LB_AGENT_KEY);
    // One that is open to others is made anew: who has opened it does not see what comes into it.
    writeFileSync(settings, "old");
    chmodSync(settings, 0o644);
    const opened = openSync(settings, "r");
    await run(["render", "--output", join(folder, "out"), pairFile]);
    expect(readFileSync(opened, "utf8")).toBe("old");
    closeSync(opened);
    expect(statSync(settings).mode & 0o777).toBe(0o600);
    const program = readFileSync(join(folder, "out/extlb-02/usr/local/lib/hapair/hapair-agent.mjs"), "utf8");
    expect(program).toMatch(/^\/\*\n# Made by hapair for pair ext-lb; revision [0-9a-f]{12}\./);
  });

  test.each([
    ["no key", { EXT_LB_AGENT_KEY: "" }, /the secret of agent\.key is not set: .*EXT_LB_AGENT_KEY is empty/],
    ["a short key", { EXT_LB_AGENT_KEY: "geheim-7" }, /agent\.key has 8 characters[^]*openssl rand -hex 32/],
    [
      "no URL",
      { EXT_LB_SLACK_URL: "geheim" },
      /the secret of alerts\.routes\.chat\.slack is no URL that begins with https/,
    ],
    ["two lines", { EXT_LB_HOOK_SECRET: "geheim\nx" }, /alerts\.routes\.tickets\.secret holds a line end/],
  ])("refuses %s", async (_name, change, message) => {
    const { exitCode, stdout, stderr } = await run(["render", pairFile], { ...SECRETS, ...change });
    expect(stderr).toMatch(message);
    expect(stdout).toBe("");
    expect(exitCode).toBe(2);
  });
});

describe("a rule over what haproxy.cfg does not have", () => {
  const wrong = join(folder, "wrong.yaml");
  beforeAll(() => {
    const text = readFileSync(pairFile, "utf8");
    writeFileSync(wrong, text.replace("backend: web, servers_up", "backend: wbe, servers_up"));
  });

  test("is a finding of lint at its place, which asks for no secret", async () => {
    expect(await run(["lint", pairFile], {})).toMatchObject({ exitCode: 0, stderr: "" });
    const { exitCode, stdout } = await run(["lint", wrong], {});
    expect(stdout).toMatch(/wrong\.yaml:\d+:\d+: error HP091: [^]*backend wbe[^]*write: +backend: web/);
    expect(exitCode).toBe(1);
  });

  test("is refused by render", async () => {
    const { exitCode, stderr } = await run(["render", wrong]);
    expect(stderr).toMatch(
      /the backend wbe, which haproxy\.cfg does not have[^]*Did you mean backend: web\?/,
    );
    expect(exitCode).toBe(2);
  });
});
