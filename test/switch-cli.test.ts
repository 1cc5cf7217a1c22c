// switch, maintenance and roll as a user types them: flags that are no times, nodes that are not there, nodes that cannot be reached.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildIfMissing, type Ended, hapair } from "./support/hapair-command.ts";

const folder = mkdtempSync(join(tmpdir(), "hapair-switch-cli-"));
const example = new URL("../examples/ext-lb/", import.meta.url).pathname;

beforeAll(() => {
  buildIfMissing();
  writeFileSync(join(folder, "haproxy.cfg"), readFileSync(join(example, "haproxy.cfg")));
  // Port 1 of this machine: nobody listens there.
  const text = readFileSync(join(example, "pair.yaml"), "utf8").replaceAll(
    /\{ address: (10\.150\.160\.3[01]), /g,
    "{ address: $1, ssh: nobody@127.0.0.1:1, ",
  );
  expect(text.match(/127\.0\.0\.1:1/g)).toHaveLength(2);
  writeFileSync(join(folder, "pair.yaml"), text);
});
afterAll(() => rmSync(folder, { recursive: true }));

async function run(words: readonly string[]): Promise<Ended & { said: string }> {
  const ended = await hapair(words, { directory: folder, timeLimitMs: 20_000 });
  expect(ended.signal, "ended within its time").toBeNull();
  const said = ended.stdout + ended.stderr;
  expect(said).not.toContain("    at ");
  return { ...ended, said };
}

describe("what was typed", () => {
  test.each<[string, RegExp]>([
    ["switch --drain soon", /--drain is a time like 90s, 10m or 2h, from 0 s to 43200 s, not "soon"/],
    ["switch --drain 60", /--drain is a time .*not "60"/],
    ["switch --drain 1.5h", /--drain is a time .*not "1\.5h"/],
    ["switch --drain -5s", /--drain/],
    ["switch --drain 13h", /--drain is a time .*not "13h"/],
    ["switch --drain untilempty", /--drain is a time .*not "untilempty"/],
    ["switch --ask whenever", /--ask is a time .*not "whenever"/],
    ["switch --no-force", /--no-force|no-force/],
    ["switch --too extlb-02", /did you mean --to\?/],
    ["maintenance on extlb-01 --for 5s", /--for is a time .*from 60 s to 2592000 s, not "5s"/],
    ["maintenance on extlb-01 --for 31d", /--for is a time .*not "31d"/],
    ["maintenance on", /NODE|argument/],
    ["maintenance on extlb-01 extlb-02", /"extlb-02" is neither an option nor behind --/],
    ["maintenance on extlb-09", /pair ext-lb has no node extlb-09[^]*extlb-01, extlb-02/],
    ["maintenance on extlb-09 -- apt-get --yes upgrade", /pair ext-lb has no node extlb-09/],
    ["maintenance run extlb-09 --for 2h -- reboot", /pair ext-lb has no node extlb-09/],
    ["maintenance run extlb-01", /there is no command to run[^]*maintenance run NODE -- COMMAND/],
    ["maintenance off extlb-09", /pair ext-lb has no node extlb-09/],
    ["maintenance of extlb-01", /did you mean/],
    ["roll", /COMMAND|argument/],
    ["roll --timeout 1s -- reboot", /--timeout is a time .*not "1s"/],
  ])("hapair %s", async (words, message) => {
    const { exitCode, said } = await run(words.split(" "));
    expect(said).toMatch(message);
    expect(exitCode).toBe(2);
  });

  test("a command's own flags stand behind --, and are not hapair's", async () => {
    const before = await run(["maintenance", "on", "extlb-09", "apt-get", "--yes-please"]);
    expect(before.said).toContain("--yes-please");
    expect(before.said).not.toContain("no node");
    expect((await run(["maintenance", "on", "extlb-09", "--", "apt-get", "--yes-please"])).said).toContain(
      "no node extlb-09",
    );
  });

  test.each([["switch"], ["maintenance", "on"], ["roll"]])("%s %s says what it does", async (...words) => {
    const { exitCode, stdout } = await run([...words.filter((word) => word !== undefined), "--help"]);
    expect(exitCode).toBe(0);
    for (const flag of ["--drain", "--ask", "--force", "--yes", "--json"]) expect(stdout).toContain(flag);
  });
});

describe("nodes that cannot be reached", () => {
  test.each<[string, RegExp]>([
    ["switch --yes", /who holds the addresses of ext-lb is not known/],
    ["switch --yes --drain until-empty --ask never", /who holds the addresses of ext-lb is not known/],
    ["switch --yes --force --drain 60s --to extlb-02", /who holds the addresses of ext-lb is not known/],
    ["maintenance on extlb-01 --yes --for 2h", /maintenance would break the service[^]*is not known/],
    ["maintenance off extlb-01", /extlb-01/],
    ["roll --yes -- true", /is not known/],
  ])("hapair %s: exit code 3, and nothing was changed", async (words, message) => {
    const { exitCode, said } = await run(words.split(" "));
    expect(said).toMatch(message);
    if (!words.includes("off")) expect(said).toContain("Nothing was changed.");
    expect(exitCode).toBe(3);
  });

  test("maintenance status says which", async () => {
    const { exitCode, stdout } = await run(["maintenance", "status"]);
    expect(stdout).toBe("extlb-01  cannot be asked\nextlb-02  cannot be asked\n");
    expect(exitCode).toBe(3);
    const json = await run(["maintenance", "status", "--json"]);
    expect(JSON.parse(json.stdout)).toMatchObject([
      { node: "extlb-01", reachable: false, maintenance: null },
      { node: "extlb-02", reachable: false, maintenance: null },
    ]);
  });
});
