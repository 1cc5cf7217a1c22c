// A real HTTP server that answers well, slowly, wrongly, by halves or not at all.

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { FactReport } from "../../agent-api/index.ts";
import { startHealth } from "./health.ts";
import { type HealthAnswer, stepHealth, unseenHealth } from "./health-state.ts";
import type { Source } from "./source.ts";

describe("stepHealth", () => {
  const walk = (answers: readonly (readonly [number, number])[]): (string | undefined)[] => {
    let state = unseenHealth;
    return answers.map(([status, tookMs]) => (state = stepHealth(state, { status, tookMs }, 100)).value);
  };
  it("is slow after several slow answers in a row, and well after one that is not", () => {
    expect(
      walk([
        [200, 5],
        [200, 150],
        [200, 150],
        [200, 5],
        [200, 150],
        [200, 150],
        [200, 150],
        [200, 150],
        [200, 5],
      ]),
    ).toEqual(["ok", "ok", "ok", "ok", "ok", "ok", "slow", "slow", "ok"]);
  });
  it("is silent without an answer, and with one that keepalived's check does not take", () => {
    expect(
      walk([
        [0, 500],
        [200, 5],
        [503, 5],
        [200, 150],
      ]),
    ).toEqual(["silent", "ok", "silent", "ok"]);
  });
});

describe("startHealth", () => {
  let source: Source | undefined;
  let server: Server | undefined;
  afterEach(async () => {
    await source?.stop();
    server?.closeAllConnections();
    await new Promise<void>((resolve) => (server === undefined ? resolve() : server.close(() => resolve())));
  });

  it("tells how the address answers, each time over a new connection", async () => {
    let answer: "well" | "hang" | "half" | "error" | "endless" = "well";
    const ports = new Set<number>();
    server = createServer((request, response) => {
      ports.add(request.socket.remotePort ?? 0);
      if (answer === "well") response.end("ok");
      else if (answer === "error") response.writeHead(503).end();
      else if (answer === "half") response.writeHead(200, { "content-length": "10" }).write("x");
      else if (answer === "endless") response.write("x".repeat(200_000));
    });
    await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
    const facts: FactReport[] = [];
    const answers: HealthAnswer[] = [];
    source = startHealth({
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/healthz`,
      timeLimitMs: 100,
      slowMs: 90,
      everyMs: 10,
      report: (reports) => facts.push(...reports),
      onAnswer: (given) => answers.push(given),
    });
    const said = (): string[] => facts.map((fact) => fact.value);
    const eventually = (check: () => void): Promise<void> =>
      vi.waitFor(check, { timeout: 10_000, interval: 5 });
    await eventually(() => expect(answers.length).toBeGreaterThan(3));
    expect(said()).toEqual(["ok"]);
    expect(ports.size).toBeGreaterThanOrEqual(3);
    for (const wrong of ["hang", "half", "error"] as const) {
      answer = wrong;
      await eventually(() => expect(said().at(-1)).toBe("silent"));
      answer = "well";
      await eventually(() => expect(said().at(-1)).toBe("ok"));
    }
    answer = "endless";
    const before = answers.length;
    await eventually(() => expect(answers.length).toBeGreaterThan(before + 3));
    expect(answers.at(-1)?.status).toBe(200);
  });

  it("is silent where nobody listens, or the address is none", async () => {
    for (const url of ["http://127.0.0.1:1/", "no address"]) {
      const facts: FactReport[] = [];
      const started = startHealth({
        url,
        timeLimitMs: 500,
        slowMs: 100,
        everyMs: 10,
        report: (reports) => facts.push(...reports),
      });
      await vi.waitFor(() => expect(facts.map((fact) => fact.value)).toEqual(["silent"]), {
        timeout: 10_000,
      });
      await started.stop();
    }
  });
});
