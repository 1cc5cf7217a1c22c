// The agent's two servers, on its control socket and for Prometheus, begun again and again until their addresses can be had.

import type { AgentSettings } from "../agent-api/index.ts";
import { messageOf } from "../base/index.ts";
import { type HttpAddress, type HttpRoute, type HttpServer, startHttpServer } from "./http-server.ts";
import type { Say } from "./say.ts";

const LISTEN_AGAIN_MS = 5000;

/** Both servers; an address that cannot be had yet is tried again, because an agent that alerts is worth more than one that answers. */
export function startServers(
  settings: AgentSettings,
  control: readonly HttpRoute[],
  metrics: readonly HttpRoute[],
  say: Say,
): { stop(): Promise<void> } {
  const running: HttpServer[] = [];
  const timers = new Set<NodeJS.Timeout>();
  let stopped = false;
  const start = (listen: HttpAddress, routes: readonly HttpRoute[], saidBefore?: string): void => {
    startHttpServer({ listen, routes }).then(
      (server) => {
        if (stopped) void server.close();
        else running.push(server);
      },
      (thrown: unknown) => {
        const text = messageOf(thrown);
        if (text !== saidBefore) say("warning", text);
        if (stopped) return;
        const timer = setTimeout(() => {
          timers.delete(timer);
          start(listen, routes, text);
        }, LISTEN_AGAIN_MS);
        timers.add(timer);
      },
    );
  };
  start({ kind: "unix", path: settings.paths.controlSocket, mode: 0o660 }, control);
  if (settings.metrics !== undefined) start({ kind: "tcp", ...settings.metrics }, metrics);
  return {
    async stop() {
      stopped = true;
      for (const timer of timers) clearTimeout(timer);
      await Promise.all(running.map((server) => server.close()));
    },
  };
}
