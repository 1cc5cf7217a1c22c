// The load of a switchover against servers on this machine: it sees nothing wrong where nothing is, and it sees what is broken under it. Its HTTP/2 speaks with Node's own.

import { readFileSync } from "node:fs";
import { createSecureServer, type Http2SecureServer, type ServerHttp2Session } from "node:http2";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type RunningLoad, startLoadClient } from "./support/switch-load-client.ts";
import { LOAD_KINDS, verdictOf } from "./support/switch-load-figures.ts";
import { type LoadServer, startLoadServer } from "./support/switch-load-server.ts";
import { LOAD_DEFAULTS, type LoadSettings } from "./support/switch-load-settings.ts";

const certificates = join(import.meta.dirname, "support/test-only-certificates");

/** A way in between that can cut what goes through it, as a plain move of an address does. */
interface Way {
  readonly port: number;
  cut(): void;
  close(): void;
}

async function listen(server: Server | Http2SecureServer): Promise<number> {
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return (server.address() as AddressInfo).port;
}

async function wayTo(port: number): Promise<Way> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    const onward = connect(port, "127.0.0.1");
    sockets.add(socket);
    socket.on("close", () => {
      sockets.delete(socket);
      onward.destroy();
    });
    for (const one of [socket, onward]) one.on("error", () => undefined);
    socket.pipe(onward).pipe(socket);
  });
  const cut = (): void => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  return {
    port: await listen(server),
    cut,
    close() {
      cut();
      server.close();
    },
  };
}

interface Site {
  readonly servers: LoadServer;
  readonly tcp: Way;
  readonly web: Way;
  readonly tls: Way;
  readonly sessions: Set<ServerHttp2Session>;
  readonly settings: LoadSettings;
  close(): Promise<void>;
}

async function site(changes: Partial<LoadSettings> = {}): Promise<Site> {
  const servers = await startLoadServer({ address: "127.0.0.1", echoPort: 0, webPort: 0 });
  const secure = createSecureServer(
    {
      key: readFileSync(join(certificates, "lab-server-key.pem")),
      cert: readFileSync(join(certificates, "lab-server.pem")),
      allowHTTP1: true,
    },
    (_, response) => {
      response.writeHead(200, { "x-served-by": "extlb-02", "content-length": 2 });
      response.end("ok");
    },
  );
  const sessions = new Set<ServerHttp2Session>();
  secure.on("session", (session) => {
    sessions.add(session);
    session.on("close", () => sessions.delete(session)).on("error", () => undefined);
  });
  const [tcp, web, tls] = await Promise.all(
    [servers.echoPort, servers.webPort, await listen(secure)].map(wayTo),
  );
  if (tcp === undefined || web === undefined || tls === undefined) throw new Error("there are three ways");
  const settings: LoadSettings = {
    ...LOAD_DEFAULTS,
    address: "127.0.0.1",
    tcpPort: tcp.port,
    httpPort: web.port,
    tlsPort: tls.port,
    nodes: ["extlb-01", "extlb-02"],
    tcp: { connections: 5, messagesPerS: 20 },
    websocket: { connections: 3, messagesPerS: 10, tls: false },
    newRequestsPerS: 40,
    kept: { http1: 2, http2: 2, requestsPerS: 10, livesS: [1, 40] },
    polls: { count: 2, seconds: 0.2 },
    download: { bytes: 2_000_000, bytesPerS: 4_000_000, repeat: false },
    upload: { bytes: 1_000_000, bytesPerS: 2_000_000, repeat: false },
    transferWaitS: 20,
    ...changes,
  };
  return {
    servers,
    tcp,
    web,
    tls,
    sessions,
    settings,
    async close() {
      for (const way of [tcp, web, tls]) way.close();
      for (const session of sessions) session.destroy();
      secure.close();
      await servers.stop();
    },
  };
}

const LIMIT_MS = 10_000;

async function until(holds: () => boolean): Promise<void> {
  const deadline = performance.now() + LIMIT_MS;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error("never so");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const open: Site[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function loadOn(changes: Partial<LoadSettings> = {}): Promise<{ site: Site; load: RunningLoad }> {
  const there = await site(changes);
  open.push(there);
  return { site: there, load: startLoadClient(there.settings, "quiet") };
}

/** Every kind has been answered in the phase that is on. */
const allAnswered = (load: RunningLoad) => (): boolean => {
  const kinds = load.figures().phases.at(-1)?.kinds ?? {};
  return LOAD_KINDS.every((kind) => (kinds[kind]?.answered ?? 0) > 0);
};

describe("the load of a switchover", () => {
  it("fails nothing and breaks nothing where nothing is wrong, and leaves nothing open", async () => {
    const { load } = await loadOn();
    await until(allAnswered(load));
    const { phases, dropped } = await load.end();
    const [quiet] = phases;
    if (quiet === undefined) throw new Error("there is a phase");
    expect(verdictOf(quiet)).toMatchObject({ failed: 0, broken: 0, open: 0 });
    expect(dropped).toBe(0);
    expect(quiet.kinds.download?.bytes).toBe(2_000_000);
    expect(quiet.kinds.upload?.bytes).toBe(1_000_000);
    expect(quiet.kinds.tcp).toMatchObject({ opened: 5, ended: 5 });
    expect(quiet.kinds["new-http1"]?.answeredBy).toEqual({ "extlb-02": quiet.kinds["new-http1"]?.answered });
  });

  it("sees every connection that is cut, and opens it anew", async () => {
    const { site: there, load } = await loadOn({
      download: { bytes: 500_000_000, bytesPerS: 1_000_000, repeat: false },
      upload: { bytes: 500_000_000, bytesPerS: 1_000_000, repeat: false },
      // None may be at the end of its life when it is cut.
      kept: { http1: 2, http2: 2, requestsPerS: 10, livesS: [40, 40] },
      polls: { count: 2, seconds: 2 },
      transferWaitS: 1,
    });
    await until(() => {
      const kinds = load.figures().phases[0]?.kinds ?? {};
      return (
        kinds.tcp?.opened === 5 &&
        kinds.websocket?.opened === 3 &&
        (["kept-http1", "kept-http2"] as const).every(
          (kind) => kinds[kind]?.opened === 2 && kinds[kind].answered > 4,
        ) &&
        (kinds.download?.bytes ?? 0) > 0 &&
        (kinds.upload?.bytes ?? 0) > 0 &&
        kinds.poll?.opened === 2
      );
    });
    load.phase("cut");
    for (const way of [there.tcp, there.web, there.tls]) way.cut();
    await until(() => {
      const kinds = load.figures().phases[1]?.kinds ?? {};
      const hasBroken = (["kept-http1", "kept-http2"] as const).every((kind) => kinds[kind]?.broken === 2);
      return kinds.tcp?.opened === 5 && kinds.websocket?.opened === 3 && hasBroken;
    });
    const { phases } = await load.end();
    expect(phases[0]?.kinds.tcp?.broken).toBe(0);
    const cut = phases[1];
    if (cut === undefined) throw new Error("there is a second phase");
    const broken = (["tcp", "websocket", "download", "upload"] as const).map(
      (kind) => cut.kinds[kind]?.broken,
    );
    expect(broken).toEqual([5, 3, 1, 1]);
    expect(cut.kinds["kept-http1"]?.broken).toBe(2);
    expect(cut.kinds["kept-http2"]?.broken).toBe(2);
    expect(phases.map((phase) => verdictOf(phase).open)).toEqual([0, 0]);
    // The polls under way belong to the phase they were sent in.
    expect(phases[0]?.kinds.poll).toMatchObject({ failed: 2, failedLater: 2 });
  });

  it("follows GOAWAY over to another connection without a failure", async () => {
    const { site: there, load } = await loadOn({
      newRequestsPerS: 0,
      kept: { http1: 0, http2: 3, requestsPerS: 20, livesS: [40, 40] },
    });
    await until(() => (load.figures().phases[0]?.kinds["kept-http2"]?.answered ?? 0) > 10);
    load.phase("goaway");
    for (const session of there.sessions) session.close();
    await until(() => load.figures().phases[1]?.kinds["kept-http2"]?.opened === 3);
    const { phases } = await load.end();
    expect(phases[1]?.kinds["kept-http2"]).toMatchObject({ asked: 3, opened: 3, failed: 0, broken: 0 });
  });

  it("lets short lives end by themselves", async () => {
    const { load } = await loadOn({
      tcp: { connections: 5, messagesPerS: 20, livesS: [0.1, 0.3] },
      websocket: { connections: 3, messagesPerS: 20, tls: false, livesS: [0.1, 0.3] },
    });
    await until(() => {
      const kinds = load.figures().phases[0]?.kinds ?? {};
      return (kinds.tcp?.ended ?? 0) > 10 && (kinds.websocket?.ended ?? 0) > 6;
    });
    const { phases } = await load.end();
    expect(phases[0]?.kinds.tcp).toMatchObject({ broken: 0, failed: 0, open: 0 });
    expect(phases[0]?.kinds.websocket).toMatchObject({ broken: 0, failed: 0, open: 0 });
  });
});
