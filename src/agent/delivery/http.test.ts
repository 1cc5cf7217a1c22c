// Deliveries to HTTP receivers that are really there: well, refusing, failing, hanging, trickling, endless, and not speaking HTTP at all.

import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import * as fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { sampleNotice, sender } from "../../../test/support/agent-notices.ts";
import { startWebhookReceiver } from "../../../test/support/alert-receivers.ts";
import type { RouteTarget } from "../../agent-api/index.ts";
import { deliver, type DeliveryResult } from "./deliver.ts";
import { answerMeaning } from "./http-target.ts";
import type { NoticeDocument } from "./notice-document.ts";

const certificates = new URL("../../../test/support/test-only-certificates/", import.meta.url);
const pem = (name: string): string => readFileSync(new URL(name, certificates), "utf8");

const servers = new Set<Server>();
const sockets = new Set<Socket>();

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  await Promise.all([...servers].map((server) => new Promise((resolve) => server.close(resolve))));
  servers.clear();
});

async function listening(server: Server): Promise<number> {
  servers.add(server);
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return (server.address() as AddressInfo).port;
}

/** A receiver that does as it likes with a connection, from the first byte of the request on. */
function rawReceiver(answer: (socket: Socket, request: string) => void): Promise<number> {
  return listening(
    createServer((socket) => {
      socket.once("data", (chunk: Buffer) => answer(socket, chunk.toString("latin1")));
    }),
  );
}

type Body = Readonly<Record<string, unknown>>;

const saying = (text: string) => (socket: Socket) => void socket.end(text);
const PATH = "/hooks/T0PSECR3T/b9f1c7d2e5";
const LIMIT_MS = 600;

async function send(
  port: number,
  change: Partial<Extract<RouteTarget, { kind: "webhook" }>> = {},
  timeLimitMs = 5000,
): Promise<DeliveryResult> {
  const target: RouteTarget = {
    kind: "webhook",
    url: `http://127.0.0.1:${port}${PATH}?token=s3cr3t-query`,
    headers: { Authorization: "Bearer very-secret-bearer" },
    secret: "signing-secret-0815",
    ...change,
  };
  return deliver(target, sampleNotice("opened"), { ...sender, timeLimitMs });
}

describe("a webhook", () => {
  it("gets the notice, who it is for, and a signature that can be verified", async () => {
    const receiver = await startWebhookReceiver();
    try {
      const result = await send(receiver.port, {
        headers: { "X-Team": "network", "content-type": "application/vnd.mine+json", Host: "elsewhere" },
      });
      expect(result).toMatchObject({ kind: "delivered", said: "HTTP 200: ok" });
      const [received] = receiver.received;
      const body = JSON.parse(received?.body ?? "") as NoticeDocument;
      expect([body.version, body.notice, body.phase]).toEqual([1, "4f1c2a90b7d3e856/1/on-call", "opened"]);
      expect(received?.headers).toMatchObject({
        "x-team": "network",
        "content-type": "application/vnd.mine+json",
        "user-agent": "hapair/1.2.3",
        "x-hapair-notice": "4f1c2a90b7d3e856/1/on-call",
        host: `127.0.0.1:${receiver.port}`,
      });
      const timestamp = received?.headers["x-hapair-timestamp"] ?? "";
      expect(Math.abs(Number(timestamp) * 1000 - Date.now())).toBeLessThan(60_000);
      const digest = createHmac("sha256", "signing-secret-0815")
        .update(`${timestamp}.${received?.body}`)
        .digest("hex");
      expect(received?.headers["x-hapair-signature"]).toBe(`sha256=${digest}`);
    } finally {
      await receiver.stop();
    }
  });

  it("is not signed without a secret, and takes a template", async () => {
    const receiver = await startWebhookReceiver();
    try {
      await deliver(
        {
          kind: "webhook",
          url: `http://127.0.0.1:${receiver.port}/`,
          headers: {},
          template: '{"t":"{{title}}","to":"{{detail.nodes}}"}',
        },
        sampleNotice("opened"),
        { ...sender, timeLimitMs: 5000 },
      );
      expect(receiver.received[0]?.headers["x-hapair-signature"]).toBeUndefined();
      expect(JSON.parse(receiver.received[0]?.body ?? "")).toEqual({
        t: "ext-lb: two nodes hold 10.150.160.32 (extlb-01, extlb-02)",
        to: "extlb-01, extlb-02",
      });
    } finally {
      await receiver.stop();
    }
  });

  it("may have a name and password in its address", async () => {
    let asked = "";
    const port = await rawReceiver((socket, request) => {
      asked = request;
      socket.end(`HTTP/1.1 401 Unauthorized\r\n\r\nno: ${request}`);
    });
    const result = await send(port, { url: `http://alice:w0nderland@127.0.0.1:${port}/`, headers: {} });
    expect(asked).toContain(`Authorization: Basic ${Buffer.from("alice:w0nderland").toString("base64")}`);
    expect(result).toEqual({
      kind: "failed",
      said: "HTTP 401: its answer holds a secret of the route and is not shown",
      permanent: true,
    });
  });
});

describe("ready forms", () => {
  it.each([
    ["/services/T0/B0/key", { kind: "slack" }, (body: Body) => body["attachments"]],
    ["/workflows/key/triggers?sig=x", { kind: "teams" }, (body: Body) => body["attachments"]],
    [
      "/v2/enqueue",
      { kind: "pagerduty", routingKey: "R0UT1NGKEY" },
      (body: Body) => body["event_action"] === "trigger",
    ],
    ["/", { kind: "alertmanager" }, (body: Body) => body["0"]],
    ["/prefix/", { kind: "alertmanager" }, (body: Body) => body["0"]],
    ["/api/v2/alerts", { kind: "alertmanager" }, (body: Body) => body["0"]],
  ] as const)("%s: %o", async (path, target, mark) => {
    let asked = "";
    const port = await rawReceiver((socket, request) => {
      asked = request;
      socket.end("HTTP/1.1 202 Accepted\r\n\r\n");
    });
    const whole = { ...target, url: `http://127.0.0.1:${port}${path}` };
    const result = await deliver(whole, sampleNotice("opened"), { ...sender, timeLimitMs: 5000 });
    expect(result).toMatchObject({ kind: "delivered", said: "HTTP 202" });
    const [head = "", body = ""] = asked.split("\r\n\r\n");
    const expected =
      target.kind === "alertmanager" ? `${path.replace(/\/?(api.*)?$/, "")}/api/v2/alerts` : path;
    expect(head).toMatch(new RegExp(`^POST ${expected.replace("?", "\\?")} HTTP/1.1\r\n`));
    expect(head).toContain("Content-Type: application/json; charset=utf-8");
    expect(mark(JSON.parse(body) as Body)).toBeTruthy();
  });
});

describe("answers", () => {
  it.each([
    ["HTTP/1.1 200 OK\r\n\r\n", { kind: "delivered", said: "HTTP 200" }],
    ["HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\nok", { kind: "delivered", said: "HTTP 202: ok" }],
    ["HTTP/1.1 204 No Content\r\n\r\n", { kind: "delivered", said: "HTTP 204" }],
    [
      "HTTP/1.0 400 Bad\r\n\r\nno\r\n\tsuch\u0007 thing",
      { said: "HTTP 400: no such\ufffd thing", permanent: true },
    ],
    ["HTTP/1.1 404 Not Found\r\n\r\n", { said: "HTTP 404", permanent: true }],
    ["HTTP/1.1 408 Slow\r\n\r\n", { said: "HTTP 408", permanent: false }],
    [
      "HTTP/1.1 429 Many\r\nRetry-After: 120\r\n\r\nslower",
      { said: "HTTP 429: slower", permanent: false, retryAfterMs: 120_000 },
    ],
    ["HTTP/1.1 429 Many\r\nRetry-After: 99999999\r\n\r\n", { permanent: false, retryAfterMs: 3_600_000 }],
    ["HTTP/1.1 503 No\r\nRetry-After: Thu, 01 Jan 1970 00:00:00 GMT\r\n\r\n", { retryAfterMs: 0 }],
    ["HTTP/1.1 500 Oops\r\nRetry-After: whenever\r\n\r\n", { said: "HTTP 500", permanent: false }],
    [
      "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/T0PSECR3T\r\n\r\n",
      {
        said: "HTTP 302: it redirects elsewhere, and redirects are not followed; give the route its final address",
        permanent: true,
      },
    ],
    ["HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n", { permanent: true }],
    ["SSH-2.0-OpenSSH_9.2\r\n", { said: "its answer is not HTTP (HPE_INVALID_CONSTANT)", permanent: false }],
    ["", { said: "the connection was cut before an answer came", permanent: false }],
    ["HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", { kind: "delivered", said: "HTTP 200: half" }],
  ])("%j", async (answer, expected) => {
    const port = await rawReceiver(saying(answer));
    expect(await send(port)).toMatchObject({ kind: "failed", ...expected });
  });

  it("is refused by nobody there, or by a reset", async () => {
    const port = await rawReceiver((socket) => void socket.resetAndDestroy());
    expect(await send(port)).toMatchObject({
      said: "the connection was cut before an answer came",
      permanent: false,
    });
    const [server] = servers;
    await new Promise((resolve) => server?.close(resolve));
    servers.clear();
    expect(await send(port)).toMatchObject({
      said: "the connection was refused: nothing listens there",
      permanent: false,
    });
  });

  it("tells an old connector of Teams that says 200 and means 429", () => {
    const said =
      "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429 with ContextId x";
    const answer = { kind: "answered", status: 200, text: said, retryAfter: "5" } as const;
    const teams = { kind: "teams", url: "https://example.com/" } as const;
    expect(answerMeaning(teams, answer, [], 0)).toMatchObject({
      kind: "failed",
      permanent: false,
      retryAfterMs: 5000,
    });
    const well = { kind: "answered", status: 202, text: "" } as const;
    expect(answerMeaning(teams, well, [], 0)).toEqual({ kind: "delivered", said: "HTTP 202" });
  });
});

describe("receivers that never come to an end", () => {
  it.each([
    ["say nothing", (): void => {}],
    ["stop within the headers", (socket: Socket) => void socket.write("HTTP/1.1 200 OK\r\nX-Y")],
    [
      "trickle headers",
      (socket: Socket) => {
        socket.write("HTTP/1.1 200 OK\r\n");
        const timer = setInterval(() => socket.write("X-A: b\r\n"), 20);
        socket.on("close", () => clearInterval(timer));
      },
    ],
    [
      "say 102 again and again",
      (socket: Socket) => {
        const timer = setInterval(() => socket.write("HTTP/1.1 102 Processing\r\n\r\n"), 20);
        socket.on("close", () => clearInterval(timer));
      },
    ],
  ])("%s", async (_name, answer) => {
    const port = await rawReceiver(answer);
    expect(await send(port, {}, LIMIT_MS)).toEqual({
      kind: "failed",
      said: `no answer within ${LIMIT_MS} ms`,
      permanent: false,
    });
  });

  it("have taken the notice when their status says so, and their body hangs", async () => {
    const port = await rawReceiver((socket) => void socket.write("HTTP/1.1 202 Accepted\r\n\r\nthank"));
    expect(await send(port, {}, LIMIT_MS)).toMatchObject({ kind: "delivered", said: "HTTP 202: thank" });
    expect(await send(port)).toMatchObject({ kind: "delivered", said: "HTTP 202: thank" });
  });

  it("are cut off when their answer is endless, having sent no more than buffers hold", async () => {
    let sent = 0;
    let closed: Promise<void> | undefined;
    const port = await rawReceiver((socket) => {
      const flood = (): void => {
        while (!socket.destroyed && socket.write(Buffer.alloc(65_536, "x"))) sent += 65_536;
      };
      socket.write("HTTP/1.1 500 Oops\r\n\r\n");
      socket.on("drain", flood);
      closed = new Promise((resolve) => socket.once("close", () => resolve()));
      flood();
    });
    expect(await send(port)).toMatchObject({ kind: "failed", permanent: false });
    await closed;
    expect(sent).toBeLessThan(64 * 1024 * 1024);
  });

  it("may send headers without end", async () => {
    const port = await rawReceiver((socket) => {
      socket.write("HTTP/1.1 200 OK\r\n");
      const flood = (): void => {
        while (!socket.destroyed && socket.write("X-Filler: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n"));
      };
      socket.on("drain", flood);
      flood();
    });
    expect(await send(port)).toMatchObject({ said: "its answer has too long headers", permanent: false });
  });
});

describe("TLS", () => {
  const secureReceiver = (): Promise<number> =>
    listening(
      createTlsServer({ key: pem("server-key.pem"), cert: pem("server.pem") }, (_request, response) => {
        response.end("ok");
      }),
    );

  it("is verified with the route's authority, and with no other", async () => {
    const port = await secureReceiver();
    const url = `https://127.0.0.1:${port}/`;
    expect(await send(port, { url, authority: pem("authority.pem") })).toMatchObject({ kind: "delivered" });
    for (const other of [{}, { authority: pem("other-authority.pem") }]) {
      expect(await send(port, { url, ...other })).toEqual({
        kind: "failed",
        said: expect.stringMatching(/^TLS failed: no known authority has signed its certificate/),
        permanent: false,
      });
    }
  });

  it("tells a receiver that does not speak it", async () => {
    const port = await rawReceiver(saying("HTTP/1.1 400 Bad Request\r\n\r\n"));
    expect(await send(port, { url: `https://127.0.0.1:${port}/` })).toMatchObject({
      said: expect.stringMatching(/^TLS failed/),
      permanent: false,
    });
  });
});

describe("settings that cannot be used", () => {
  const notUrl = "the route's url is none of http or https: correct it in pair.yaml";
  it.each([
    ["another protocol", { url: "ftp://127.0.0.1/secret" }, notUrl],
    ["no address", { url: "not an address" }, notUrl],
    [
      "a header with a line end",
      { headers: { "X-Bad": "a\r\nX-Injected: b" } },
      "a header of the route, or its url, has a character that cannot be sent: correct it in pair.yaml",
    ],
    [
      "an authority that is none",
      { url: "https://127.0.0.1:1/", authority: "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----" },
      "the route's authority is not a certificate in PEM: correct it in pair.yaml",
    ],
    [
      "a template that grows too long",
      { template: "{{text}}".repeat(3000) },
      expect.stringMatching(
        /^the body would have \d+ bytes, more than 262144: shorten the route's template$/,
      ),
    ],
  ])("%s", async (_name, change, said) => {
    expect(await send(1, change)).toEqual({ kind: "failed", said, permanent: true });
  });
});

describe("secrets", () => {
  const word = fc.stringMatching(/^[A-Za-z0-9_.~+/-]{8,40}$/);

  it("are not said, whatever the receiver answers", async () => {
    // The receiver says the request back in ways that receivers do, and some that they do not.
    let disguise = (request: string): string => request;
    const port = await rawReceiver((socket, request) => {
      socket.end(`HTTP/1.1 500 Oops\r\n\r\n${disguise(request)}`);
    });
    const disguises: ((request: string) => string)[] = [
      (request) => request,
      (request) => request.slice(request.length / 3),
      (request) => request.toUpperCase(),
      (request) => encodeURIComponent(request),
      (request) => JSON.stringify({ error: request }),
      (request) => request.replaceAll(/\s+/g, "\u0000"),
      (request) => Buffer.from(request).toString("base64"),
      (request) => `POST ${request.split(" ")[1]} is unknown`,
      (request) => `${"x ".repeat(90)}${request.split(" ")[1]}`,
    ];
    await fc.assert(
      fc.asyncProperty(
        word,
        word,
        word,
        fc.constantFrom(...disguises),
        async (path, token, bearer, chosen) => {
          disguise = chosen;
          const url = `http://127.0.0.1:${port}/in/${encodeURIComponent(path)}?t=${encodeURIComponent(token)}`;
          const { said } = await send(port, { url, headers: { Authorization: `Bearer ${bearer}` } });
          const lower = said.toLowerCase();
          for (const secret of [path, token, bearer]) expect(lower).not.toContain(secret.toLowerCase());
          expect(said.length).toBeLessThan(300);
        },
      ),
      { numRuns: 200 },
    );
  });
});
