// What a node says before a move, read strictly: a healthy answer, an ill one, noise, and far too much of it.

import * as fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { CONNECTIONS_READ_MAX, readConnections, readLook } from "./node-look.ts";

function answer(lines: readonly string[]): string {
  return `${lines.join("\n")}\n`;
}

describe("a look", () => {
  it("at a node that is well", () => {
    const text = answer([
      "able\t",
      "connection\t192.0.2.50:443 192.0.2.7:51000",
      "connection\t[2001:db8::50]:443 [2001:db8::7]:51001",
      "boosts\tyes",
      "draining\t192.0.2.51",
      "quic\tyes",
      "listener\t80 0 200 0.000312",
      "listener\t443 52 000 0.000298",
      "listener\t8443 bound",
    ]);
    expect(readLook(text)).toEqual({
      boosts: true,
      service: {
        answers: true,
        text: "port 80 HTTP 200, port 443 takes connections, listens on the VIP's port 8443",
      },
      quic: true,
      connections: [
        { local: "192.0.2.50:443", peer: "192.0.2.7:51000" },
        { local: "[2001:db8::50]:443", peer: "[2001:db8::7]:51001" },
      ],
      draining: ["192.0.2.51"],
    });
  });

  it("that says nothing is of a node that can do nothing", () => {
    expect(readLook("")).toEqual({
      noDrainPath: "the node did not say whether it can",
      boosts: false,
      service: { answers: false, text: "it listens on no port that clients could reach" },
      quic: false,
      connections: [],
      draining: [],
    });
  });

  test.each<[string, string[], string]>([
    [
      "one of two refuses",
      ["80 0 200 0.0003", "443 7 000 0.000000"],
      "port 443 takes no connection (curl exit 7)",
    ],
    [
      "nobody takes the connection in time",
      ["80 28 000 0.000000"],
      "port 80 takes no connection (curl exit 28)",
    ],
    ["curl is not there", ["80 127 "], "port 80 takes no connection (curl exit 127)"],
    ["a line is cut short", ["80"], "port 80 takes no connection (curl exit )"],
  ])("with a silent service: %s", (_, listeners, text) => {
    const look = readLook(answer(listeners.map((line) => `listener\t${line}`)));
    expect(look.service).toEqual({ answers: false, text });
  });

  it("keeps an error of HAProxy's apart from silence", () => {
    expect(readLook("listener\t80 0 503 0.0003\n").service).toEqual({
      answers: true,
      text: "port 80 HTTP 503",
    });
  });

  it("shows nothing that moves a terminal's cursor, and no more than a line", () => {
    const escape = "\u001B[2J\u009B1A\u202Eelif\u2028x";
    const look = readLook(
      answer([`able\t${escape}${"x".repeat(5000)}`, `listener\t80 ${escape}${"y".repeat(5000)}`]),
    );
    const texts = [look.noDrainPath ?? "", look.service.text];
    for (const text of texts) {
      expect(text).not.toMatch(/[\p{C}\p{Zl}]/u);
      expect(text.length).toBeLessThan(300);
    }
  });

  it("is an answer whatever the text, never an exception", () => {
    const keys = fc.constantFrom("able", "boosts", "listener", "quic", "connection", "draining", "x");
    const noise = fc.array(fc.tuple(keys, fc.string({ unit: "binary", maxLength: 60 })), { maxLength: 40 });
    fc.assert(
      fc.property(noise, (lines) => {
        const look = readLook(answer(lines.map(([key, text]) => `${key}\t${text}`)));
        expect(look.service.text).not.toBe("");
        expect(look.connections.length).toBeLessThanOrEqual(lines.length);
      }),
    );
  });
});

describe("connections", () => {
  test.each<[string, string, string[]]>([
    ["IPv4", "192.0.2.50:80 192.0.2.7:51000", ["192.0.2.50:80", "192.0.2.7:51000"]],
    ["IPv6", "[2001:db8::50]:80 [2001:db8::7]:51000", ["[2001:db8::50]:80", "[2001:db8::7]:51000"]],
    [
      "IPv4 on a socket of IPv6",
      "[::ffff:192.0.2.50]:80 [::ffff:192.0.2.7]:51000",
      ["[::ffff:192.0.2.50]:80", "[::ffff:192.0.2.7]:51000"],
    ],
    [
      "a socket bound to an interface",
      "192.0.2.50%ens192:80 [fe80::7]%ens192:51000",
      ["192.0.2.50%ens192:80", "[fe80::7]%ens192:51000"],
    ],
    ["a complaint", "Error: ipv4 address is expected", []],
    ["half a line", "192.0.2.50:80", []],
    ["names", "vip:http client:51000", []],
    ["no port", "192.0.2.50 192.0.2.7", []],
    ["nothing", "", []],
  ])("of %s", (_, line, [local, peer]) => {
    expect(readConnections(`${line}\n`)).toEqual(local === undefined ? [] : [{ local, peer }]);
  });

  it("are read up to a bound", () => {
    const many = "192.0.2.50:80 192.0.2.7:51000\n".repeat(CONNECTIONS_READ_MAX + 10);
    expect(readConnections(many)).toHaveLength(CONNECTIONS_READ_MAX);
  });
});
