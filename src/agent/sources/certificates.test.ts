// Answers of `show ssl cert` by HAProxy 2.6 and 3.2, and a socket that gives them.

import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import type { FactReport } from "../../agent-api/index.ts";
import { certificateCommand, readCertificate, readCertificateNames } from "./certificate-answer.ts";
import { startCertificates } from "./certificates.ts";

const LIST =
  "# transaction\n*/etc/haproxy/new.pem\n\n# filename\n/etc/haproxy/my site.pem\n/etc/haproxy/site.pem\n@store/other.pem\n\n";
const ONE = `Filename: /etc/haproxy/site.pem
Crt filename: /etc/haproxy/site.pem
Status: Used
Serial: 08FD79BD27D7BE249EFB7BE202B6EF59963D5EC5
notBefore: Nov 27 22:33:47 2026 GMT
notAfter: Dec  7 22:33:47 2026 GMT
Subject: /CN=www.example.net
`;

describe("show ssl cert", () => {
  it("lists names; without the right to ask, none", () => {
    expect(readCertificateNames(LIST, 10)).toEqual([
      "/etc/haproxy/my site.pem",
      "/etc/haproxy/site.pem",
      "@store/other.pem",
    ]);
    expect(readCertificateNames(LIST, 1)).toHaveLength(1);
    for (const refusal of [
      "Permission denied\n\n",
      "Can't allocate memory!\n\n",
      "Unknown command, maybe:\n  show stat\n",
    ]) {
      expect(readCertificateNames(refusal, 10)).toEqual([]);
    }
  });

  it("protects what the command line would read otherwise", () => {
    expect(certificateCommand("/etc/my site;x.pem")).toBe(
      String.raw`show ssl cert /etc/my\ site\;x.pem` + "\n",
    );
  });

  it("gives the end of a certificate in use", () => {
    expect(readCertificate("/etc/haproxy/site.pem", ONE)).toMatchObject({
      kind: "certificate",
      subject: "/etc/haproxy/site.pem",
      value: "2026-12-07T22:33:47.000Z",
    });
    expect(readCertificate("x", ONE.replace("Used", "Unused"))).toBeUndefined();
    expect(readCertificate("x", ONE.replace("Dec ", "Foo "))).toBeUndefined();
    expect(readCertificate("x", "Can't find the certificate!\n")).toBeUndefined();
  });

  it("never throws", () => {
    const digits = fc.string({ unit: fc.constantFrom("0", "9", " ", ":"), maxLength: 20 });
    fc.assert(
      fc.property(fc.string(), digits, (noise, time) => {
        readCertificateNames(noise, 3);
        readCertificate("x", noise);
        readCertificate("x", `Status: Used\nnotAfter: Dec ${time} GMT\n`);
        readCertificate("x", `Status: Used\nnotAfter: Dec 99 99:99:99 9999 GMT\n${noise}`);
      }),
      { numRuns: 2000 },
    );
  });
});

it("asks over a connection of its own, and closes it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "hapair-certificates-"));
  let open = 0;
  const commands: string[] = [];
  const server = createServer((socket) => {
    open += 1;
    socket.on("close", () => (open -= 1));
    socket.on("data", (data) => {
      const command = data.toString().trim();
      commands.push(command);
      const answer = command === "prompt" ? "" : command === "show ssl cert" ? LIST : ONE;
      socket.write(`${answer}\n> `);
    });
  });
  const path = join(folder, "admin.sock");
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const facts: FactReport[] = [];
  const source = startCertificates({ runtimeSocket: path, report: (reports) => facts.push(...reports) });
  try {
    await vi.waitFor(() => expect(facts).toHaveLength(3), { timeout: 10_000 });
    await vi.waitFor(() => expect(open).toBe(0), { timeout: 10_000 });
    expect(commands[2]).toBe(String.raw`show ssl cert /etc/haproxy/my\ site.pem`);
  } finally {
    await source.stop();
    await new Promise<void>((resolve) => server.close(() => resolve()));
    rmSync(folder, { recursive: true, force: true });
  }
});
