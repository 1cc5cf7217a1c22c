// HAProxy as the agent sees it, played by the test: a runtime socket that answers `prompt` and looks, and a health address that answers 200.
// It answers, or goes silent and takes questions without a word, as a hung one does.

import { createServer as createHttpServer } from "node:http";
import { createServer, type Server, type Socket } from "node:net";

export interface PlayedHaproxy {
  /** Of the runtime socket; the health address goes on answering. */
  setAnswering(answering: boolean): void;
  /** Looks that were answered. */
  readonly looks: number;
  stop(): Promise<void>;
}

export interface PlayedHaproxyOptions {
  readonly socketPath: string;
  /** On 127.0.0.1. */
  readonly healthPort: number;
  readonly backends?: number;
  readonly serversPerBackend?: number;
}

const INFO = "Name: HAProxy\nVersion: 2.6.12\nPid: 4711\nStopping: 0\n";
const COLUMNS = "# pxname,svname,type,status,check_status,qcur,scur,slim,req_tot,hrsp_5xx,stot,\n";

/** Listens until stopped. */
export async function startPlayedHaproxy(options: PlayedHaproxyOptions): Promise<PlayedHaproxy> {
  const answer = `${INFO}\n> ${COLUMNS}${rows(options)}\n> `;
  const sockets = new Set<Socket>();
  let answering = true;
  let looks = 0;
  const runtime = createServer((socket) => {
    socket.setEncoding("latin1");
    socket.on("data", (text: string) => {
      for (const line of text.split("\n").slice(0, -1)) {
        if (!answering) return;
        if (line === "prompt") socket.write("\n> ");
        else if (line.startsWith("show info")) {
          looks += 1;
          socket.write(answer);
        } else socket.write("Unknown command.\n\n> ");
      }
    });
  });
  const health = createHttpServer((_request, response) => response.writeHead(200).end("ok"));
  for (const server of [runtime, health] as const)
    server.on("connection", (socket: Socket) => {
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => sockets.delete(socket));
    });
  await listening(runtime, { path: options.socketPath });
  await listening(health, { host: "127.0.0.1", port: options.healthPort });
  return {
    setAnswering(now) {
      answering = now;
    },
    get looks() {
      return looks;
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      await Promise.all([closed(runtime), closed(health)]);
    },
  };
}

function rows({ backends = 1, serversPerBackend = 2 }: PlayedHaproxyOptions): string {
  const text = ["web,FRONTEND,0,OPEN,,,3,2000,1000,0,1000,"];
  for (let backend = 1; backend <= backends; backend += 1) {
    for (let server = 1; server <= serversPerBackend; server += 1)
      text.push(`web-${backend},server-${server},2,UP,L7OK,0,1,,100,0,100,`);
    text.push(`web-${backend},BACKEND,1,UP,,0,1,200,1000,0,1000,`);
  }
  return `${text.join("\n")}\n`;
}

function listening(server: Server, where: { path: string } | { host: string; port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(where, () => resolve());
  });
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}
