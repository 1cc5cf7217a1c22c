// Deliveries by mail to servers that are really there: with TLS and a login, without, refusing, silent; and what arrives, read back.

import { readFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import * as fc from "fast-check";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";
import { afterEach, describe, expect, it } from "vitest";
import { sampleNotice, sender } from "../../../test/support/agent-notices.ts";
import { type MailReceiverOptions, startMailReceiver } from "../../../test/support/alert-receivers.ts";
import type { Notice } from "../../agent-api/index.ts";
import { deliver, type DeliveryResult } from "./deliver.ts";
import type { SmtpTarget } from "./smtp.ts";

const certificates = new URL("../../../test/support/test-only-certificates/", import.meta.url);
const pem = (name: string): string => readFileSync(new URL(name, certificates), "utf8");
const tls = { key: pem("server-key.pem"), certificate: pem("server.pem") };
const authority = pem("authority.pem");
const login = { user: "alerts", password: "c0rrect-h0rse" };

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

async function mailServer(options: MailReceiverOptions = {}): ReturnType<typeof startMailReceiver> {
  const receiver = await startMailReceiver(options);
  closing.push(() => receiver.stop());
  return receiver;
}

/** A mail server of the library's, made to do something particular. */
async function particularServer(options: SMTPServerOptions): Promise<number> {
  const server = new SMTPServer({
    logger: false,
    disableReverseLookup: true,
    authOptional: true,
    ...options,
  });
  server.on("error", () => undefined);
  closing.push(() => new Promise<void>((resolve) => server.close(() => resolve())));
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve());
  });
  return (server.server.address() as AddressInfo).port;
}

/** A server that says what it likes. */
async function rawServer(begin: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    begin(socket);
  });
  closing.push(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return (server.address() as AddressInfo).port;
}

async function send(
  port: number,
  change: Partial<SmtpTarget> = {},
  notice: Notice = sampleNotice("opened"),
  timeLimitMs = 5000,
): Promise<DeliveryResult> {
  const target: SmtpTarget = {
    kind: "smtp",
    host: "127.0.0.1",
    port,
    tls: "none",
    from: "Alerts <alerts@example.com>",
    to: ["ops@example.com", "more@example.com"],
    ...change,
  };
  return deliver(target, notice, { ...sender, timeLimitMs });
}

/** Headers of a message by lower-case name, unfolded, and its body. */
function parsed(message: string): { headers: [string, string][]; body: string } {
  const [head = "", ...rest] = message.split("\r\n\r\n");
  const headers = head
    .replaceAll(/\r\n[ \t]+/g, " ")
    .split("\r\n")
    .map((line): [string, string] => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    });
  return { headers, body: rest.join("\r\n\r\n") };
}

/** RFC 2047 words and quoted-printable bodies, as a mail reader shows them. */
function decodedWords(text: string): string {
  return text
    .replaceAll(/\?=\s+=\?/g, "?==?")
    .replaceAll(/=\?utf-8\?q\?(.*?)\?=/gi, (_all, word: string) => quotedPrintable(word.replaceAll("_", " ")))
    .replaceAll(/=\?utf-8\?b\?(.*?)\?=/gi, (_all, word: string) =>
      Buffer.from(word, "base64").toString("utf8"),
    );
}

function quotedPrintable(text: string): string {
  const bytes = text
    .replaceAll(/=\r\n/g, "")
    .replaceAll(/=([0-9A-F]{2})/gi, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, "latin1").toString("utf8");
}

describe("a mail that arrives", () => {
  it("is a thread of plain texts with the headers of a program's mail", async () => {
    const server = await mailServer();
    expect(await send(server.port)).toMatchObject({
      kind: "delivered",
      said: expect.stringMatching(/^250 /),
    });
    await send(server.port, {}, sampleNotice("resolved"));
    const [first, second] = server.received.map((one) => Object.fromEntries(parsed(one.body).headers));
    expect({ ...first, "content-type": undefined }).toMatchObject({
      from: "Alerts <alerts@example.com>",
      to: "ops@example.com, more@example.com",
      subject: "[hapair] ext-lb CRITICAL: two nodes hold 10.150.160.32 (extlb-01, extlb-02)",
      date: "Sat, 31 Jan 2026 10:42:07 +0000",
      "message-id": "<hapair.4f1c2a90b7d3e856.1.on-call@example.com>",
      "auto-submitted": "auto-generated",
      "x-hapair-incident": "4f1c2a90b7d3e856",
      "x-hapair-notice": "4f1c2a90b7d3e856/1/on-call",
    });
    expect(first?.["content-type"]).toMatch(/^text\/plain; charset=utf-8/);
    expect(first?.["references"]).toBeUndefined();
    expect(second?.["references"]).toBe(first?.["message-id"]);
    expect(second?.["in-reply-to"]).toBe(first?.["message-id"]);
    expect(second?.["message-id"]).not.toBe(first?.["message-id"]);
  });

  it("keeps text of any language, and long lines", async () => {
    const server = await mailServer();
    const title = "ext-lb: Knoten „größer“ – 主機 \u{1f525} " + "y".repeat(100);
    const text = `Zeile „eins“\n.\n..\nFrom here\n${"ü".repeat(1500)} Ende`;
    await send(server.port, {}, sampleNotice("opened", { title, text }));
    const { headers, body } = parsed(server.received[0]?.body ?? "");
    const subject = headers.find(([name]) => name === "subject")?.[1] ?? "";
    expect(decodedWords(subject)).toBe(`[hapair] ext-lb CRITICAL: ${title.slice("ext-lb: ".length)}`);
    expect(
      Math.max(...(server.received[0]?.body ?? "").split("\r\n").map((line) => line.length)),
    ).toBeLessThan(200);
    expect(quotedPrintable(body).replaceAll("\r\n", "\n")).toContain(`\n\n${text}\n\nPair:`);
  });

  it("has no headers but ours, whatever the notice holds", async () => {
    const server = await mailServer();
    await send(server.port);
    const names = parsed(server.received[0]?.body ?? "").headers.map(([name]) => name);
    const evil = fc.constantFrom(
      "a\r\nBcc: x@example.org",
      "a\nBcc: x@example.org\n\nbody",
      "\r\n\r\n.\r\nQUIT",
      "\u2028Bcc: x",
      "=?utf-8?q?=0D=0ABcc:_x?=",
      "\u0000\u0085Bcc: x",
    );
    await fc.assert(
      fc.asyncProperty(evil, evil, evil, async (title, scope, id) => {
        const notice = sampleNotice("opened", { title, scope, id, owner: title, text: scope });
        await send(server.port, {}, { ...notice, route: title, id: `${id}/1/${title}` });
        const { headers } = parsed(server.received.at(-1)?.body ?? "");
        expect(headers.map(([name]) => name)).toEqual(names);
        expect(headers.filter(([name]) => name === "to")).toEqual([
          ["to", "ops@example.com, more@example.com"],
        ]);
      }),
      { numRuns: 30 },
    );
  });

  it("goes to those who are taken, and says who was not", async () => {
    const port = await particularServer({
      disabledCommands: ["STARTTLS", "AUTH"],
      onRcptTo: (address, _session, callback) => {
        callback(
          address.address.startsWith("more")
            ? Object.assign(new Error("who is that"), { responseCode: 550 })
            : null,
        );
      },
    });
    expect(await send(port)).toMatchObject({
      kind: "delivered",
      said: "accepted for 1 of 2 recipients; refused: 550 who is that",
    });
  });
});

describe("TLS and logins", () => {
  it("STARTTLS with the route's authority and login", async () => {
    const server = await mailServer({ ...tls, ...login });
    expect(await send(server.port, { tls: "starttls", authority, ...login })).toMatchObject({
      kind: "delivered",
    });
    expect(server.received).toHaveLength(1);
  });

  it("TLS from the first byte", async () => {
    const users: string[] = [];
    const port = await particularServer({
      secure: true,
      key: tls.key,
      cert: tls.certificate,
      onAuth: (auth, _session, callback) => {
        users.push(`${auth.username} ${auth.password}`);
        callback(null, { user: auth.username });
      },
    });
    expect(await send(port, { tls: "implicit", authority, ...login })).toMatchObject({ kind: "delivered" });
    expect(users).toEqual(["alerts c0rrect-h0rse"]);
  });

  it("a wrong password is told, and not shown", async () => {
    const server = await mailServer({ ...tls, ...login });
    const result = await send(server.port, {
      tls: "starttls",
      authority,
      ...login,
      password: "wr0ng-passw0rd",
    });
    expect(result).toEqual({ kind: "failed", said: "login refused: 535 no such login", permanent: true });
  });

  it("a server that says the password back is not quoted", async () => {
    const secret = "wr0ng-passw0rd";
    for (const said of [
      secret,
      `x ${Buffer.from(`\0alerts\0${secret}`).toString("base64")}`,
      secret.toUpperCase(),
    ]) {
      const port = await particularServer({
        secure: true,
        key: tls.key,
        cert: tls.certificate,
        onAuth: (_auth, _session, callback) =>
          callback(Object.assign(new Error(`not ${said}`), { responseCode: 535 })),
      });
      expect(await send(port, { tls: "implicit", authority, ...login, password: secret })).toEqual({
        kind: "failed",
        said: "login refused: its answer holds a secret of the route and is not shown",
        permanent: true,
      });
    }
  });

  it.each(["starttls", "implicit"] as const)("%s with a certificate of another authority", async (kind) => {
    const port = await particularServer({ secure: kind === "implicit", key: tls.key, cert: tls.certificate });
    for (const other of [{}, { authority: pem("other-authority.pem") }]) {
      expect(await send(port, { tls: kind, ...other })).toEqual({
        kind: "failed",
        said: expect.stringMatching(/^TLS failed: no known authority has signed its certificate/),
        permanent: false,
      });
    }
  });

  it("nothing is sent in clear where STARTTLS is not offered", async () => {
    const heard: string[] = [];
    const port = await rawServer((socket) => {
      socket.write("220 here\r\n");
      socket.on("data", (chunk: Buffer) => {
        heard.push(chunk.toString("latin1").trim().split(" ")[0] ?? "");
        socket.write(
          heard.at(-1) === "EHLO" ? "250-here\r\n250 AUTH PLAIN LOGIN\r\n" : "502 no such command\r\n",
        );
      });
    });
    expect(await send(port, { tls: "starttls", authority, ...login })).toEqual({
      kind: "failed",
      said: "the server does not do STARTTLS, and nothing is sent in clear: 502 no such command",
      permanent: false,
    });
    expect(heard).toEqual(["EHLO", "STARTTLS"]);
  });

  it("a login without TLS is refused before anything is sent", async () => {
    let connections = 0;
    const port = await rawServer(() => {
      connections += 1;
    });
    expect(await send(port, { tls: "none", ...login })).toEqual({
      kind: "failed",
      said: "a login without TLS is never sent: set tls to starttls or implicit, or take the login away",
      permanent: true,
    });
    expect(connections).toBe(0);
  });

  it("an authority that is none is told", async () => {
    expect(await send(1, { tls: "implicit", authority: "nonsense" })).toEqual({
      kind: "failed",
      said: "the route's authority is not a certificate in PEM: correct it in pair.yaml",
      permanent: true,
    });
  });
});

describe("servers that do not take it", () => {
  it.each([
    [451, "come back later", false],
    [550, "no alerts here", true],
    [503, "not now", false],
  ])("%i after the message", async (responseCode, words, permanent) => {
    const port = await particularServer({
      disabledCommands: ["STARTTLS", "AUTH"],
      onData: (stream, _session, callback) => {
        stream.resume();
        stream.on("end", () => callback(Object.assign(new Error(words), { responseCode })));
      },
    });
    expect(await send(port)).toEqual({
      kind: "failed",
      said: `message refused: ${responseCode} ${words}`,
      permanent,
    });
  });

  it("a sender that is refused", async () => {
    const port = await particularServer({
      disabledCommands: ["STARTTLS", "AUTH"],
      onMailFrom: (_address, _session, callback) =>
        callback(Object.assign(new Error("not you"), { responseCode: 553 })),
    });
    expect(await send(port)).toEqual({
      kind: "failed",
      said: "sender or recipients refused: 553 not you",
      permanent: true,
    });
  });

  it("nobody there", async () => {
    const port = await rawServer(() => undefined);
    await closing.pop()?.();
    expect(await send(port)).toMatchObject({
      said: "the connection was refused: nothing listens there",
      permanent: false,
    });
  });

  it("one that is not a mail server", async () => {
    const port = await rawServer((socket) => void socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    expect(await send(port)).toMatchObject({ kind: "failed", permanent: false });
    expect(await send(port, { tls: "implicit", authority })).toMatchObject({
      said: expect.stringMatching(/^TLS failed/),
      permanent: false,
    });
  });

  it("one that is too busy to greet", async () => {
    const port = await rawServer((socket) => void socket.end("421 too busy\r\n"));
    expect(await send(port)).toMatchObject({
      said: expect.stringContaining("421 too busy"),
      permanent: false,
    });
  });
});

describe("servers that never come to an end", () => {
  const LIMIT_MS = 500;
  const conversation = (last: (socket: Socket) => void) => (socket: Socket) => {
    socket.write("220 here\r\n");
    let asked = 0;
    socket.on("data", () => {
      asked += 1;
      if (asked === 1) socket.write("250 here\r\n");
      else last(socket);
    });
  };

  it.each([
    ["no greeting", (): void => {}, "connected, and no greeting came in time"],
    [
      "half a greeting",
      (socket: Socket) => void socket.write("22"),
      "connected, and no greeting came in time",
    ],
    [
      "silence after EHLO",
      conversation(() => undefined),
      `the mail server was not done within ${LIMIT_MS} ms`,
    ],
    [
      "a trickle after EHLO",
      conversation((socket) => {
        const timer = setInterval(() => socket.write("250-a\r\n"), 10);
        socket.on("close", () => clearInterval(timer));
      }),
      `the mail server was not done within ${LIMIT_MS} ms`,
    ],
  ])("%s", async (_name, begin, said) => {
    const port = await rawServer(begin);
    expect(await send(port, {}, sampleNotice("opened"), LIMIT_MS)).toEqual({
      kind: "failed",
      said,
      permanent: false,
    });
  });

  it("an endless answer is cut off", async () => {
    const port = await rawServer(
      conversation((socket) => {
        const flood = (): void => {
          while (!socket.destroyed && socket.write(`250-${"x".repeat(65_536)}\r\n`));
        };
        socket.on("drain", flood);
        flood();
      }),
    );
    expect(await send(port)).toMatchObject({ kind: "failed", permanent: false });
  });
});
