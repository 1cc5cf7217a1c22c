// Secrets of an agent, followed to every place where one could come out: rendered files, plans, and a running agent whose receivers say everything back.

import { randomInt } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { join } from "node:path";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { AgentSettings, AlertRoute } from "../src/agent-api/index.ts";
import { makePlan, makeRemovePlan, type NodeFacts, renderPlan } from "../src/deploy/index.ts";
import { sha256Of } from "../src/deploy/file-change.ts";
import { agentSecrets, agentTextFiles, type Pair } from "../src/model/index.ts";
import { agentPaths, type NodeFile, nodePaths, renderPair } from "../src/render/index.ts";
import { type AgentSite, agentSite, buildAgentIfStale } from "./support/agent-process.ts";
import { appliedFacts, examplePair, pageFacts, userHaproxyConfig } from "./support/deploy-facts.ts";

/** A secret by what it is for: long enough that no piece of it stands anywhere by chance, with what JSON, URLs and shells write differently. */
function secretFor(use: string, generation = "first"): string {
  return `${generation}-Geheimnis-"${use}"-\\&<ü>-${Buffer.from(use).toString("hex").slice(0, 16)}`;
}

/** The ways in which a secret is written by whoever carries it on. */
function formsOf(secret: string): string[] {
  return [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    encodeURI(secret),
    Buffer.from(secret).toString("base64").replaceAll("=", ""),
    Buffer.from(secret).toString("hex"),
    // A part is enough to know where the rest is.
    secret.slice(0, 24),
  ];
}

function mustNotHold(place: string, text: string, secrets: readonly string[]): void {
  for (const secret of secrets)
    for (const form of formsOf(secret)) expect(text.includes(form), `${place}: ${form}`).toBe(false);
}

const EXTRA = `agent: { key: { env: A } }
alerts:
  routes:
    ops: { email: [ops@example.com], from: hapair@example.com, smtp: { host: mail.example.com, user: hapair, password: { env: B } } }
    chat: { slack: { env: C } }
    teams: { teams: { env: D } }
    page: { pagerduty: { env: E } }
    hook: { webhook: { env: F }, secret: { env: G }, headers: { X-Source: hapair, Authorization: { env: H } } }
    am: { alertmanager: { env: I } }
`;
const pair = examplePair(EXTRA);

function secretsOf(of: Pair, generation?: string): ReadonlyMap<string, string> {
  return new Map(agentSecrets(of.agent!).map(({ name }) => [name, secretFor(name, generation)]));
}

const PASSWORD = "vrrp-pw8";

function filesWith(of: Pair, secrets: ReadonlyMap<string, string>): Map<string, NodeFile[]> {
  const texts = new Map(agentTextFiles(of.agent!).map((path) => [path, "{}"]));
  return renderPair(of, {
    ...{ haproxyConfig: userHaproxyConfig, carriedFiles: new Map() },
    passwords: new Map(of.routers.map((router) => [router.name, PASSWORD])),
    agent: { program: "export {};\n", secrets, texts },
  });
}

describe("rendered for a node", () => {
  it("stand in two files, which are root's alone", () => {
    const secrets = secretsOf(pair);
    expect(secrets.size).toBe(9);
    for (const files of filesWith(pair, secrets).values()) {
      const settings = files.find(({ path }) => path === agentPaths.settings);
      for (const secret of secrets.values())
        expect(settings?.content).toContain(JSON.stringify(secret).slice(1, -1));
      for (const file of files) {
        const isClosed = file.mode === 0o600 && file.owner === "root" && file.group === "root";
        if (file.path === agentPaths.settings || file.path === nodePaths.keepalivedConf)
          expect(isClosed).toBe(true);
        else mustNotHold(file.path, JSON.stringify(file), [...secrets.values(), PASSWORD]);
      }
    }
  });

  it("are in no file that others may write, nor below a folder of others", () => {
    for (const file of filesWith(pair, secretsOf(pair)).get("extlb-01") ?? []) {
      expect(file.mode & 0o022, file.path).toBe(0);
      expect(file.path).toMatch(/^\/(?:etc|usr\/local\/lib\/hapair)\//);
      expect(`${file.owner}:${file.group}`).toBe("root:root");
    }
  });
});

describe("in a plan", () => {
  const first = secretsOf(pair);
  const second = secretsOf(pair, "second");
  const facts = new Map<string, NodeFacts>(
    [...pageFacts].map(([node, known]) => [
      node,
      { ...known, versions: { ...known.versions, node: "18.20.4" } },
    ]),
  );
  const applied = new Map(
    [...facts].map(([node, known]) => [
      node,
      appliedFacts(known, filesWith(pair, first).get(node) ?? [], sha256Of),
    ]),
  );
  const without = examplePair();
  const filesWithout = renderPair(without, {
    ...{ haproxyConfig: userHaproxyConfig, carriedFiles: new Map() },
    passwords: new Map(without.routers.map((router) => [router.name, PASSWORD])),
  });

  it.each([
    ["to deploy them", () => makePlan(pair, filesWith(pair, first), facts, { by: "ann@desk" })],
    ["to change them", () => makePlan(pair, filesWith(pair, second), applied, { by: "ann@desk" })],
    ["to take the agent away", () => makePlan(without, filesWithout, applied, { by: "ann@desk" })],
    ["to remove everything", () => makeRemovePlan(pair, applied, { by: "ann@desk" })],
  ])("%s: neither as text nor as data", (_, make) => {
    const plan = make();
    const plain = (_kind: string, text: string): string => text;
    const shown = [JSON.stringify(plan), renderPlan(plan), renderPlan(plan, { scripts: true, paint: plain })];
    for (const text of shown)
      mustNotHold("the plan", text, [...first.values(), ...second.values(), PASSWORD]);
  });
});

const ends: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

/** A receiver that says back everything that it was sent, and the address it was sent to, with this status. */
async function echoingReceiver(status: number): Promise<number> {
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (piece: string) => (body += piece));
    request.on("end", () => {
      const { url = "", headers } = request;
      response.writeHead(status, { "X-Back": encodeURIComponent(url) });
      response.end(`${url} ${decodeURIComponent(url)} ${JSON.stringify(headers)} ${body}`);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  ends.push(() => new Promise((resolve) => server.close(resolve)));
  return (server.address() as AddressInfo).port;
}

/** A mail server that offers no TLS, and would take a login all the same. */
async function plainMailServer(heard: string[]): Promise<number> {
  const server = createTcpServer((socket) => {
    socket.on("error", () => undefined);
    socket.write("220 mail.example.com ESMTP\r\n");
    socket.setEncoding("utf8").on("data", (text: string) => {
      heard.push(text);
      socket.write(
        text.startsWith("EHLO") ? "250-mail\r\n250 AUTH PLAIN LOGIN\r\n" : `535 no: ${text.trim()}\r\n`,
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  ends.push(() => new Promise((resolve) => server.close(resolve)));
  return (server.address() as AddressInfo).port;
}

/** Every file below the folder, as text. */
function filesBelow(folder: string): [path: string, text: string][] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => [path, readFileSync(path, "latin1")]);
}

function processTexts(pid: number): [string, string][] {
  return ["cmdline", "environ", "comm"].map((name) => [
    `/proc/${name}`,
    readFileSync(`/proc/${pid}/${name}`, "latin1"),
  ]);
}

describe("of a running agent", { timeout: 60_000 }, () => {
  beforeAll(buildAgentIfStale, 60_000);

  const inUrl = (use: string): string => encodeURIComponent(secretFor(use));
  function routesTo(refusing: number, taking: number, mail: number): AlertRoute[] {
    const at = (port: number, use: string): string => `http://127.0.0.1:${port}/services/${inUrl(use)}`;
    const route = (name: string, target: AlertRoute["target"]): AlertRoute => ({
      name,
      severity: "info",
      target,
    });
    const hook = {
      kind: "webhook",
      secret: secretFor("hook.secret"),
      headers: { Authorization: `Bearer ${inUrl("hook.header")}` },
      template: `{"token":${JSON.stringify(secretFor("hook.template"))},"text":"{{title}}"}`,
    } as const;
    const page = { kind: "pagerduty", routingKey: secretFor("page.key") } as const;
    const login = { user: "hapair", password: secretFor("mail.password") };
    const envelope = { from: "hapair@example.com", to: ["ops@example.com"] };
    return [
      route("hook-refused", { ...hook, url: at(refusing, "hook.url") }),
      route("hook-taken", { ...hook, url: at(taking, "hook.url") }),
      route("chat", { kind: "slack", url: at(refusing, "chat.url") }),
      route("teams", { kind: "teams", url: at(taking, "teams.url") }),
      route("page", { ...page, url: at(refusing, "page.url") }),
      route("am", { kind: "alertmanager", url: at(refusing, "am.url") }),
      route("wrong", { kind: "slack", url: `not an address ${secretFor("wrong.url")}` }),
      route("wrong-header", {
        ...hook,
        headers: { "X Y": secretFor("hook.header") },
        url: at(taking, "hook.url"),
      }),
      route("mail", { kind: "smtp", host: "127.0.0.1", port: mail, tls: "starttls", ...login, ...envelope }),
      route("mail-clear", {
        kind: "smtp",
        host: "127.0.0.1",
        port: mail,
        tls: "none",
        ...login,
        ...envelope,
      }),
    ];
  }
  const uses = [
    "hook.url",
    "hook.secret",
    "hook.header",
    "hook.template",
    "chat.url",
    "teams.url",
    "page.url",
  ];
  const secrets = [...uses, "page.key", "am.url", "wrong.url", "mail.password", "agent.key"].map((use) =>
    secretFor(use),
  );

  function siteWith(routes: readonly AlertRoute[]): AgentSite {
    const site = agentSite((settings): AgentSettings => ({
      ...settings,
      peers: { ...settings.peers, port: randomInt(20_000, 32_000), key: secretFor("agent.key") },
      alerts: { ...settings.alerts, routes, retryFirstMs: 50, retryMaxMs: 100 },
    }));
    ends.push(() => site.remove());
    return site;
  }

  it("come out nowhere, whatever its receivers say back", async () => {
    const heard: string[] = [];
    const ports = [
      await echoingReceiver(403),
      await echoingReceiver(200),
      await plainMailServer(heard),
    ] as const;
    const site = siteWith(routesTo(...ports));
    site.start();
    await vi.waitFor(async () => expect(await site.ask("/healthz")).toBe("ok\n"), { timeout: 15_000 });
    site.notify('INSTANCE "ext-lb" FAULT 0');
    const tested = (await site.ask("/alert-test", "POST")) ?? "";
    expect(tested.trim().split("\n")).toHaveLength(10);
    const places: [string, string][] = [
      ["the test", tested],
      ["the status", (await site.ask("/status")) ?? ""],
      ["the events", (await site.ask("/events?limit=10000")) ?? ""],
      ["the metrics", (await site.ask("/metrics")) ?? ""],
      ...[site.child?.pid ?? 0, ...site.children()].flatMap(processTexts),
    ];
    await site.stop();
    places.push(["the journal", site.said()], ...filesBelow(site.settings.paths.stateDirectory));
    for (const [place, text] of places) mustNotHold(place, text, secrets);
    mustNotHold("the mail server", heard.join(""), secrets);
    expect(tested).toContain("its answer holds a secret of the route and is not shown");
  });

  it("are not opened to a debugger by a signal that was meant for another program", async () => {
    const site = siteWith([]);
    site.start();
    await vi.waitFor(async () => expect(await site.ask("/healthz")).toBe("ok\n"), { timeout: 15_000 });
    site.child?.kill("SIGUSR1");
    expect(await site.ask("/healthz")).toBe("ok\n");
    expect(await site.stop()).toBe(0);
    expect(site.said()).not.toContain("Debugger");
  });

  it("are not told of settings that it refuses, nor is its state for others", async () => {
    const site = siteWith([
      { name: "x", severity: "info", target: { kind: "slack", url: secretFor("chat.url") } },
    ]);
    site.start();
    await vi.waitFor(async () => expect(await site.ask("/healthz")).toBe("ok\n"), { timeout: 15_000 });
    const { stateDirectory, controlSocket } = site.settings.paths;
    expect(statSync(controlSocket).mode & 0o007).toBe(0);
    await site.stop();
    expect(statSync(join(stateDirectory, "log")).mode & 0o777).toBe(0o700);
    for (const [path] of filesBelow(stateDirectory)) expect(statSync(path).mode & 0o077, path).toBe(0);
    const broken = siteWith([
      { name: "x", severity: "loud" as "info", target: { kind: "slack", url: secretFor("chat.url") } },
    ]);
    broken.start();
    await vi.waitFor(() => expect(broken.said()).toContain("the agent's settings are refused"), {
      timeout: 15_000,
    });
    mustNotHold("the refusal", broken.said(), secrets);
  });
});
