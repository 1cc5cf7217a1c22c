// The system's ssh against listeners of this machine that are no sshd: each way to fail is bounded in time and told apart.
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { HapairError } from "../base/index.ts";
import { openSshHost } from "./index.ts";

const folder = mkdtempSync("/tmp/hapair-ssh-");
const configFile = join(folder, "config");
writeFileSync(configFile, "");
const servers: Server[] = [];
const sockets: Socket[] = [];

afterAll(() => {
  for (const socket of sockets) socket.destroy();
  for (const server of servers) server.close();
  rmSync(folder, { recursive: true });
});

/** The port of a listener that does this with every connection. */
async function listener(serve: (socket: Socket) => void): Promise<number> {
  return (await listening(serve)).port;
}

async function listening(
  serve: (socket: Socket) => void,
): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => {});
    serve(socket);
  });
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { server, port: address.port };
}

async function failure(host: string, port: number, connectTimeoutMs = 2_000): Promise<HapairError> {
  const machine = openSshHost({
    name: "lb1",
    target: { user: "ops", host, port },
    configFile,
    connectTimeoutMs,
    runtimeFolder: join(folder, "rt"),
  });
  try {
    await machine.run("true");
  } catch (error) {
    if (error instanceof HapairError) return error;
    throw error;
  } finally {
    await machine.close();
  }
  throw new Error("it worked");
}

const hasSsh = spawnSync("ssh", ["-V"]).status === 0;

describe.runIf(hasSsh).concurrent("ssh to what is no sshd", () => {
  it("refused: says that nothing listens", async () => {
    const { server, port } = await listening(() => {});
    server.close();
    await once(server, "close");
    const error = await failure("127.0.0.1", port);
    expect(error).toMatchObject({ code: "host-unreachable", kind: "unreachable" });
    expect(error.message).toBe(
      `lb1 (ssh to ops@127.0.0.1 port ${port}): the machine answers, but nothing listens on that port (connection refused)`,
    );
  });

  it("a name that cannot be", async () => {
    expect((await failure("no..such", 22)).message).toContain("the name no..such cannot be resolved");
  });

  it("accepts and never speaks", async () => {
    const port = await listener(() => {});
    expect((await failure("127.0.0.1", port)).message).toContain(
      "accepts the connection and then says nothing",
    );
  });

  it("greets like sshd and then never speaks", async () => {
    const port = await listener((socket) => socket.write("SSH-2.0-OpenSSH_9.2\r\n"));
    const error = await failure("127.0.0.1", port);
    expect(error.code).toBe("host-unreachable");
    expect(error.message).toMatch(/no shell within 2 s|no answer/u);
  });

  it("speaks for ever, but not ssh", async () => {
    const port = await listener((socket) => {
      const timer = setInterval(() => socket.write("220 smtp.example ESMTP\r\n"), 50);
      socket.on("close", () => clearInterval(timer));
    });
    expect((await failure("127.0.0.1", port)).code).toBe("host-unreachable");
  });

  it("closes at once", async () => {
    const port = await listener((socket) => socket.end());
    expect((await failure("127.0.0.1", port)).message).toContain("it ended the connection before the login");
  });

  it("answers in another protocol", async () => {
    const port = await listener((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    expect((await failure("127.0.0.1", port)).message).toContain("it ended the connection before the login");
  });

  it("lets many commands fail together, not one after the other", async () => {
    let connections = 0;
    const port = await listener(() => (connections += 1));
    const host = openSshHost({
      name: "lb1",
      target: { host: "127.0.0.1", port },
      configFile,
      connectTimeoutMs: 1_000,
      runtimeFolder: join(folder, "rt"),
    });
    const results = await Promise.allSettled(Array.from({ length: 20 }, () => host.run("true")));
    await expect(host.read("/x")).rejects.toMatchObject({ code: "host-unreachable" });
    await host.close();
    expect(results.every((result) => result.status === "rejected")).toBe(true);
    expect(connections).toBe(2);
  });

  it("gives the reader of a followed script the same error, and no reader none", async () => {
    const port = await listener((socket) => socket.end());
    const host = openSshHost({
      name: "lb1",
      target: { host: "127.0.0.1", port },
      configFile,
      runtimeFolder: join(folder, "rt"),
    });
    const reading = host.follow("true").lines[Symbol.asyncIterator]().next();
    await expect(reading).rejects.toMatchObject({ code: "host-unreachable" });
    const unread = host.follow("true");
    await new Promise((resolve) => setTimeout(resolve, 100));
    await unread.stop();
    await host.close();
  });

  it("a broken configuration", async () => {
    const broken = join(folder, "broken");
    writeFileSync(broken, "NoSuchOption yes\n");
    const host = openSshHost({
      name: "lb1",
      target: { host: "127.0.0.1" },
      configFile: broken,
      runtimeFolder: join(folder, "rt"),
    });
    await expect(host.run("true")).rejects.toMatchObject({
      message: expect.stringContaining("ssh does not take its configuration"),
    });
  });
});

describe("no ssh at all", () => {
  it("says which program is missing", async () => {
    const host = openSshHost({
      name: "lb1",
      target: { host: "127.0.0.1" },
      commandPrefix: ["hapair-no-such-program"],
      runtimeFolder: join(folder, "rt"),
    });
    await expect(host.run("true")).rejects.toMatchObject({ code: "process-start" });
    await host.close();
  });
});
