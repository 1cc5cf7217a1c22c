// Frontends and servers of haproxy.cfg. What is expected of binds, modes and names was seen on a running HAProxy 2.6.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readFrontends, readServers } from "./proxies.ts";

/** The binds of a frontend with this one line, as `address:port`, IPv6 in brackets. */
function binds(line: string): string[] {
  const [frontend] = readFrontends(`frontend f\n    ${line}\n`);
  return (frontend?.binds ?? []).map(({ address, family, port, lastPort, ssl, bothFamilies }) => {
    const host = family === 6 ? `[${address}]` : address;
    const range = lastPort === port ? "" : `-${lastPort}`;
    return `${host}:${port}${range}${bothFamilies ? " both" : ""}${ssl ? " ssl" : ""}`;
  });
}

describe("bind lines", () => {
  it.each([
    ["bind :80", ["*:80"]],
    ["bind *:80", ["*:80"]],
    ["bind 0.0.0.0:80", ["*:80"]],
    ["bind 10.0.0.1:80,10.0.0.2:81 name ssl", ["10.0.0.1:80", "10.0.0.2:81"]],
    ["bind [::]:80", ["[*]:80 both"]],
    ["bind :::80", ["[*]:80 both"]],
    ["bind :::80 v6only", ["[*]:80"]],
    ["bind [2001:DB8:0::1]:80", ["[2001:db8::1]:80"]],
    ["bind ::1:80", ["[::1]:80"]],
    ["bind ipv4@:80", ["*:80"]],
    ["bind ipv6@:80", ["[*]:80 both"]],
    ["bind ipv6@*:80 v4v6", ["[*]:80 both"]],
    ["bind tcp4@127.0.0.1:80", ["127.0.0.1:80"]],
    ["bind quic4@:443", ["*:443 ssl"]],
    ["bind :8010-8012", ["*:8010-8012"]],
    ['bind "10.0.0.1:80"', ["10.0.0.1:80"]],
    ["bind 10.0.0.1:80'14'", ["10.0.0.1:8014"]],
    ["bind *:443 ssl crt /etc/x.pem # why", ["*:443 ssl"]],
    ["bind *:443#ssl", ["*:443"]],
    ["bind *:443 no-sslv3", ["*:443"]],
    ["bind /run/x.sock", []],
    ["bind unix@/run/x.sock", []],
    ["bind abns@x", []],
    ["bind fd@3", []],
    ["bind localhost:80", []],
    ['bind "${ADDRESS}:80"', []],
    ["bind :0", []],
    ["bind :65536", []],
    ["bind 10.0.0.1", []],
    ["bind", []],
  ])("%s", (line, expected) => {
    expect(binds(line)).toEqual(expected);
  });
});

describe("frontends", () => {
  const text = `
global
    maxconn 100
defaults base
    mode http
    default_backend b1
defaults tcp-base from base
    mode tcp
defaults
    timeout connect 5s
frontend f1
    bind :81
frontend f2 from base
    bind :82
frontend f3 from tcp-base
    bind :83
frontend f4
    mode http
    bind :84
    default_backend "b2" # not b1
    mode http
listen l1
    bind :85
    server s1 10.0.0.7:80
defaults
    mode http
    disabled
frontend f5
    bind :86
frontend f6
    bind :87
    enabled
backend b1
    mode http
`;

  it("inherit mode and default_backend from the last defaults, or from those they name", () => {
    const seen = readFrontends(text).map(({ name, kind, mode, defaultBackend = "none" }) => [
      name,
      kind,
      mode,
      defaultBackend,
    ]);
    expect(seen).toEqual([
      ["f1", "frontend", "tcp", "none"],
      ["f2", "frontend", "http", "b1"],
      ["f3", "frontend", "tcp", "b1"],
      ["f4", "frontend", "http", "b2"],
      ["l1", "listen", "tcp", "none"],
      ["f6", "frontend", "http", "none"],
    ]);
  });

  it("tell where they stand", () => {
    const [frontend] = readFrontends(text);
    expect(text.slice(frontend?.span.start, frontend?.span.end)).toBe("frontend f1\n    bind :81");
    const [bind] = frontend?.binds ?? [];
    expect(text.slice(bind?.span.start, bind?.span.end)).toBe("bind :81");
  });
});

describe("servers", () => {
  it.each([
    ["server s1 10.0.0.7:80 check", { address: "10.0.0.7", family: 4, port: 80 }],
    ["server s1 10.0.0.7", { address: "10.0.0.7", family: 4 }],
    ["server s1 10.0.0.7:+100", { address: "10.0.0.7", family: 4 }],
    ["server s1 [fd00::1]:90", { address: "fd00::1", family: 6, port: 90 }],
    ["server s1 fd00::2:91", { address: "fd00::2", family: 6, port: 91 }],
    ["server s1 ipv4@10.0.0.9:92", { address: "10.0.0.9", family: 4, port: 92 }],
    ["server s1 web.example:80", { address: "web.example", port: 80 }],
  ])("%s", (line, expected) => {
    const [server] = readServers(`backend b1\n${line}\n`);
    expect(server).toEqual({
      backend: "b1",
      name: "s1",
      ...expected,
      span: { start: 11, end: 11 + line.length },
    });
  });

  it("behind unix sockets and without an address are left out", () => {
    expect(readServers("backend b\nserver a /run/x.sock\nserver b unix@x\nserver c\nserver\n")).toEqual([]);
  });
});

const corpus = join(import.meta.dirname, "../../../shared/corpus/haproxy");
describe.skipIf(!existsSync(corpus))("the corpus", () => {
  it("has a bind or a reason for none in every file with a frontend", () => {
    for (const name of readdirSync(corpus)) {
      const text = readFileSync(join(corpus, name), "utf8");
      const written = text.match(/^\s*bind\s+\S*:\d+/gm)?.length ?? 0;
      const read = readFrontends(text).flatMap((frontend) => frontend.binds).length;
      expect(read, name).toBeGreaterThanOrEqual(written);
    }
  });
});
