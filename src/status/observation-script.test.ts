import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { documentPair } from "../../test/support/status-fixtures/scenes.ts";
import { parseObservation } from "./observation-parser.ts";
import { type ObservationRequest, observationScript } from "./observation-script.ts";
import { observationRequest } from "./observe.ts";
import type { KeepalivedConfiguration } from "./observation.ts";

let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "hapair-status-"));
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function request(overrides: Partial<ObservationRequest> = {}): ObservationRequest {
  const pair = documentPair();
  const [node] = pair.nodes;
  if (node === undefined) throw new Error("the document's pair has nodes");
  return { ...observationRequest(pair, node, { salt: "s" }), ...overrides };
}

/** Runs the short look on this machine, whatever it has of the daemons, with a keepalived.conf of ours. */
function lookAt(configuration: string, salt = "s"): string {
  const path = join(folder, "keepalived.conf");
  writeFileSync(path, configuration);
  return execFileSync("sh", [], {
    input: observationScript(request({ keepalivedConf: path, salt })),
    encoding: "utf8",
  });
}

function passwordChecksum(authPassLine: string, salt = "s"): string | undefined {
  const answer = lookAt(
    `vrrp_instance web {\n  virtual_router_id 50\n  authentication {\n    auth_type PASS\n    ${authPassLine}\n  }\n}\n`,
    salt,
  );
  const seen = parseObservation("n", answer, request(), { sentMs: 0, answeredMs: 0 });
  return seen?.configuration?.instances[0]?.passwordChecksum;
}

/** What arrives of a keepalived.conf. */
function configurationSeen(text: string): KeepalivedConfiguration | undefined {
  return parseObservation("n", lookAt(text), request(), { sentMs: 0, answeredMs: 0 })?.configuration;
}

describe("observationScript", () => {
  test.each([
    ["short", {}],
    ["thorough", { thorough: true, captureMs: 1200 }],
  ])("the %s form is a script that sh can read", (_name, overrides) => {
    execFileSync("sh", ["-n"], { input: observationScript(request(overrides)) });
  });

  test("a password never leaves the node, however it is written", () => {
    const secret = "hunter2";
    const spellings = [
      `auth_pass ${secret}`,
      `auth_pass "${secret}"`,
      `\tauth_pass\t${secret} # the old one was ${secret}x`,
      `authentication { auth_type PASS auth_pass ${secret} }`,
      `authentication { auth_pass ${secret} }`,
      `auth_hmac "${secret}"`,
      `$PASSWORD=${secret}`,
      `#auth_pass ${secret}`,
    ];
    for (const spelling of spellings) {
      const answer = lookAt(`vrrp_instance web {\n${spelling}\n}\n`);
      expect(answer, spelling).toContain("vrrp_instance web");
      expect(answer, spelling).not.toContain(secret);
    }
  });

  test("equal passwords have equal checksums in every spelling, and only the eight characters that count matter", () => {
    const plain = passwordChecksum("auth_pass 12345678");
    expect(plain).toMatch(/^[0-9a-f]{64}$/);
    expect(passwordChecksum('auth_pass "12345678"')).toBe(plain);
    expect(passwordChecksum("auth_pass 123456789")).toBe(plain);
    expect(passwordChecksum("auth_pass 12345678 # comment")).toBe(plain);
    expect(passwordChecksum("auth_pass 1234567")).not.toBe(plain);
    expect(passwordChecksum("auth_pass 12345678", "other")).not.toBe(plain);
  });

  test("the rest of the configuration arrives as it is, and a line that was left out is known to be", () => {
    const plain =
      "vrrp_instance web {\n  interface ens192\n  virtual_ipaddress {\n    10.0.0.1/32 dev ens192\n  }\n}";
    expect(configurationSeen(plain)).toMatchObject({
      partlyRead: false,
      instances: [{ interface: "ens192", vips: ["10.0.0.1/32"] }],
    });
    expect(configurationSeen(`  # auth_pass old\n${plain}\n`)).toMatchObject({ partlyRead: false });
    expect(configurationSeen(`$A=b\n${plain}\n`)).toMatchObject({ partlyRead: true });
  });

  test("a machine without the daemons, the configuration or the watched directory still gives an observation", () => {
    const answer = execFileSync("sh", [], {
      input: observationScript(
        request({ keepalivedConf: join(folder, "none"), watchDirectory: join(folder, "none") }),
      ),
      encoding: "utf8",
    });
    const seen = parseObservation("n", answer, request(), { sentMs: 0, answeredMs: 0 });
    expect(seen).toBeDefined();
    expect(seen?.configuration).toBeUndefined();
    expect(seen?.watch).toBeUndefined();
  });
});
