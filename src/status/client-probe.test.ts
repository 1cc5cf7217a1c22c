import { createServer, type Server, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { prefixHost } from "../host/index.ts";
import { type ClientProbe, clientProbeOn, localClientProbe } from "./client-probe.ts";

const servers: Server[] = [];
const sockets = new Set<Socket>();

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

async function listen(answer: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    answer(socket);
  });
  servers.push(server);
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

const loopback = { family: 4, text: "127.0.0.1" } as const;
const probes: [string, ClientProbe][] = [
  ["from this machine", localClientProbe],
  ["from another one, by curl", clientProbeOn(prefixHost({ name: "client", prefix: [] }))],
];

test.each(probes)(
  "%s: answers in HTTP, in nothing, or never, and a port where nobody is",
  async (_name, probe) => {
    const http = await listen((socket) => {
      socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
    });
    expect(await probe(loopback, http)).toMatchObject({
      outcome: "answered",
      text: expect.stringMatching(/^HTTP.* 200/),
      port: http,
    });
    const closing = await listen((socket) => {
      socket.once("data", () => socket.end());
    });
    expect(await probe(loopback, closing)).toMatchObject({ outcome: "answered" });
    const silent = await listen(() => {});
    expect(await probe(loopback, silent)).toMatchObject({ outcome: "silent" });
    const [server] = servers.splice(1, 1);
    await new Promise((resolve) => server?.close(resolve));
    expect(await probe(loopback, closing)).toMatchObject({ outcome: "failed" });
  },
);
