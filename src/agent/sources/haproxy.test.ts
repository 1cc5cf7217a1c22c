// Looks at HAProxy: what a worker may do on its socket (served by the test), and a real HAProxy in master-worker mode through a reload.

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { FactReport } from "../../agent-api/index.ts";
import type { ProxyNumbers } from "../../haproxy/index.ts";
import { startHaproxy } from "./haproxy.ts";
import type { Source } from "./source.ts";

let folder: string;
let path: string;
let source: Source | undefined;
const facts: FactReport[] = [];
const looks: ProxyNumbers[] = [];
const ends: (() => Promise<void> | void)[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hapair-haproxy-"));
  path = join(folder, "admin.sock");
  facts.length = 0;
  looks.length = 0;
});
afterEach(async () => {
  await source?.stop();
  source = undefined;
  for (const end of ends.splice(0).toReversed()) await end();
  rmSync(folder, { recursive: true, force: true });
});

const start = (timeLimitMs = 2_000): void => {
  source = startHaproxy({
    runtimeSocket: path,
    pollMs: 20,
    timeLimitMs,
    report: (reports) => facts.push(...reports),
    onLook: (numbers) => looks.push(numbers),
  });
};
const said = (kind: string): string[] => facts.filter((fact) => fact.kind === kind).map((fact) => fact.value);
const eventually = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 15_000, interval: 10 });

describe("a worker on its socket", () => {
  /** A worker that answers `prompt` and gives each look to `answer`, with the number of its connection. */
  async function worker(
    answer: (socket: Socket, connection: number) => void,
  ): Promise<{ connections: number; open: number }> {
    const seen = { connections: 0, open: 0 };
    const sockets = new Set<Socket>();
    const server: Server = createServer((socket) => {
      const connection = (seen.connections += 1);
      seen.open += 1;
      sockets.add(socket);
      socket.on("close", () => (seen.open -= 1));
      socket.on("error", () => {});
      socket.on("data", (data) => {
        for (const line of data.toString().split("\n").slice(0, -1)) {
          if (line === "prompt") socket.write("\n> ");
          else answer(socket, connection);
        }
      });
    });
    await new Promise<void>((resolve) => server.listen(path, resolve));
    ends.push(
      () =>
        new Promise((resolve) => {
          for (const socket of sockets) socket.destroy();
          server.close(() => resolve());
        }),
    );
    return seen;
  }
  const look = (pid: number, stopping = 0, status = "UP", check = "L7OK"): string =>
    `Name: HAProxy\nVersion: 2.6.12\nPid: ${pid}\nStopping: ${stopping}\n\n> ` +
    "# pxname,svname,type,status,check_status,qcur,req_tot,hrsp_5xx,stot,\n" +
    `web,web-01,2,${status},${check},0,,,,\nweb,BACKEND,1,UP,,0,10,0,10,\n\n> `;

  it("tells its state, and a server that changes, once", async () => {
    let count = 0;
    const seen = await worker((socket) => {
      count += 1;
      const answer = count < 5 ? look(7) : look(7, 0, "DOWN", "L4CON");
      // Cut anywhere.
      socket.write(answer.slice(0, count * 9));
      setTimeout(() => socket.write(answer.slice(count * 9)), 2);
    });
    start();
    await eventually(() => expect(said("server")).toEqual(["up", "down"]));
    expect(said("answering")).toEqual(["yes"]);
    expect(said("worker")).toEqual(["7"]);
    expect(facts.find((fact) => fact.value === "down")).toMatchObject({
      subject: "web/web-01",
      evidence: "web/web-01: DOWN, L4CON",
    });
    expect(looks[0]?.backends.get("web")).not.toHaveProperty("recent");
    expect(looks[2]?.backends.get("web")?.recent).toEqual({ requests: 0, errors: 0 });
    expect(seen).toEqual({ connections: 1, open: 1 });
  });

  it("tells one that hangs from one that is not there", async () => {
    start(50);
    await eventually(() => expect(looks.at(-1)).toMatchObject({ answering: false, absent: true }));
    await worker(() => undefined);
    await eventually(() =>
      expect(looks.at(-1)).toEqual({ answering: false, frontends: new Map(), backends: new Map() }),
    );
    expect(said("answering")).toEqual(["no"]);
  });

  it("leaves a worker that is stopping at once, and reports nothing of it", async () => {
    const seen = await worker((socket, connection) =>
      socket.write(connection === 1 ? look(7, 1, "DOWN", "INI") : look(8)),
    );
    start();
    await eventually(() => expect(said("worker")).toEqual(["8"]));
    await eventually(() => expect(seen).toEqual({ connections: 2, open: 1 }));
    expect(said("server")).toEqual(["up"]);
    expect(said("answering")).toEqual(["yes"]);
  });

  it("says that HAProxy does not answer when only a stopping worker is left", async () => {
    await worker((socket) => socket.write(look(7, 1)));
    start();
    await eventually(() => expect(said("answering")).toEqual(["no"]));
  });

  it("leaves a connection on which another worker answers", async () => {
    let pid = 7;
    const seen = await worker((socket) => socket.write(look(pid)));
    start();
    await eventually(() => expect(said("worker")).toEqual(["7"]));
    pid = 9;
    await eventually(() => expect(said("worker")).toEqual(["7", "9"]));
    await eventually(() => expect(seen).toEqual({ connections: 2, open: 1 }));
  });

  it("takes a late answer for none, asks nothing more meanwhile, and goes on when it answers again", async () => {
    let hung = true;
    let asked = 0;
    const seen = await worker((socket) => {
      asked += 1;
      if (!hung) socket.write(look(7));
      else socket.write("Name: HAProxy\nPid: 7\n");
    });
    start(100);
    await eventually(() => expect(looks.length).toBeGreaterThanOrEqual(3));
    expect(said("answering")).toEqual(["no"]);
    expect(facts[0]?.evidence).toMatch(/^no answer within \d+ ms$/);
    expect(looks.every((numbers) => !numbers.answering)).toBe(true);
    expect(asked).toBeLessThanOrEqual(seen.connections);
    hung = false;
    await eventually(() => expect(said("answering")).toEqual(["no", "yes"]));
    await eventually(() => expect(seen.open).toBe(1));
  });

  it.each([
    ["garbage", "\u0000\u00FF".repeat(100) + "\n> \n> "],
    ["a refusal", "Permission denied\n\n> Permission denied\n\n> "],
    ["a header alone", "Pid: x\n\n> # pxname,svname,\n\n> "],
    ["more than was asked", `${look(7)}and more`],
  ])("does not take %s for an answer, and tries again", async (_, answer) => {
    let broken = true;
    await worker((socket) => socket.write(broken ? answer : look(7), "latin1"));
    start(200);
    await eventually(() => expect(said("answering")).toContain("no"));
    broken = false;
    await eventually(() => expect(said("answering").at(-1)).toBe("yes"));
  });

  it("waits for a socket that is not there, and for one that nobody serves", async () => {
    start();
    await eventually(() => expect(said("answering")).toEqual(["no"]));
    await worker((socket) => socket.write(look(7)));
    await eventually(() => expect(said("answering")).toEqual(["no", "yes"]));
  });
});

const HAPROXY = process.env["HAPROXY"] ?? "/usr/sbin/haproxy";

// A line in the report says that it is skipped where there is no HAProxy.
describe.skipIf(!existsSync(HAPROXY))(`a real HAProxy (${HAPROXY}, skipped where there is none)`, () => {
  it("lets the old worker go at a reload, and does not take unchecked servers for down", async () => {
    const server = createServer((socket) => socket.end());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    ends.push(() => new Promise((resolve) => server.close(() => resolve())));
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const config = join(folder, "haproxy.cfg");
    const pidFile = join(folder, "pid");
    writeFileSync(
      config,
      `global
    stats socket ${path} mode 600 level operator
defaults
    mode tcp
    timeout connect 1s
    timeout client 5s
    timeout server 5s
backend web
    server here 127.0.0.1:${port} check inter 100ms
    server unchecked 127.0.0.1:${port}
`,
    );
    const master: ChildProcess = spawn(HAPROXY, ["-W", "-f", config, "-p", pidFile], { stdio: "ignore" });
    ends.push(
      () =>
        new Promise((resolve) => {
          if (master.exitCode !== null || master.signalCode !== null) return resolve();
          const force = setTimeout(() => master.kill("SIGKILL"), 3_000);
          master.once("exit", () => {
            clearTimeout(force);
            resolve();
          });
          master.kill("SIGTERM");
        }),
    );
    start();
    await eventually(() => expect(said("worker")).toHaveLength(1));
    await eventually(() => expect(said("server")).toContain("up"));
    const old = Number(said("worker")[0]);
    expect(childrenOf(master.pid)).toContain(old);

    // A master that has just started executes itself anew, and may lose a signal meanwhile.
    await new Promise((resolve) => setTimeout(resolve, 500));
    master.kill("SIGUSR2");
    await eventually(() => expect(said("worker")).toHaveLength(2));
    await eventually(() => expect(childrenOf(master.pid)).not.toContain(old));
    await eventually(() => expect(facts.findLast((fact) => fact.subject === "web/here")?.value).toBe("up"));
    expect(said("server")).not.toContain("down");
    expect(facts.filter((fact) => fact.subject === "web/unchecked").map((fact) => fact.value)).toEqual([
      "unchecked",
    ]);

    const worker = Number(said("worker")[1]);
    process.kill(worker, "SIGSTOP");
    ends.push(() => continueProcess(worker));
    await eventually(() => expect(said("answering").at(-1)).toBe("no"));
    continueProcess(worker);
    await eventually(() => expect(said("answering").at(-1)).toBe("yes"));
  });
});

function childrenOf(pid: number | undefined): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").map(Number);
  } catch {
    return execFileSync("ps", ["-o", "pid=", "--ppid", String(pid)], { encoding: "utf8" })
      .trim()
      .split(/\s+/)
      .map(Number);
  }
}

function continueProcess(pid: number): void {
  try {
    process.kill(pid, "SIGCONT");
  } catch {
    // It has ended.
  }
}
