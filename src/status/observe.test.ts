import { expect, test } from "vitest";
import { documentPair, recordedAnswer } from "../../test/support/status-fixtures/scenes.ts";
import { type CommandResult, type Host, prefixHost } from "../host/index.ts";
import { observationRequest, observePair } from "./observe.ts";

const pair = documentPair();

/** This machine, answering a script as the recorded node did, after a while. */
function answering(node: string, afterMs = 0): Host {
  const machine = prefixHost({ name: node, prefix: [] });
  const run = async (): Promise<CommandResult> => {
    await new Promise((resolve) => {
      setTimeout(resolve, afterMs);
    });
    return { exitCode: 0, stdout: recordedAnswer("healthy", node), stderr: "" };
  };
  return { ...machine, run };
}

test("a node that never answers is unreachable, and does not keep the other's answer back", async () => {
  const hosts = new Map([
    ["extlb-01", answering("extlb-01")],
    ["extlb-02", answering("extlb-02", 60_000)],
  ]);
  const [seen, late] = await observePair(pair, hosts, { limitMs: 10_000, patienceMs: 50 });
  expect(seen?.kind).toBe("seen");
  expect(late).toMatchObject({ kind: "unreachable", node: "extlb-02", error: { code: "host-timeout" } });
});

test("nodes that are slow alike are all seen", async () => {
  const hosts = new Map(pair.nodes.map((node) => [node.name, answering(node.name, 200)]));
  const sightings = await observePair(pair, hosts, { limitMs: 10_000, patienceMs: 50 });
  expect(sightings.map((sighting) => sighting.kind)).toEqual(["seen", "seen"]);
});

test("no host, a host that fails, one that says something else: each is a value with a reason", async () => {
  const machine = prefixHost({ name: "extlb-02", prefix: [] });
  const mute = {
    ...machine,
    run: async () => ({ exitCode: 1, stdout: "", stderr: "This account is not available.\n" }),
  };
  expect(await observePair(pair, new Map([["extlb-02", mute]]))).toMatchObject([
    { kind: "unreachable", error: { code: "status-no-host" } },
    {
      kind: "unreachable",
      error: {
        code: "status-unreadable",
        message: expect.stringContaining("This account is not available."),
      },
    },
  ]);
  const gone = prefixHost({ name: "extlb-01", prefix: ["false"] });
  const [sighting] = await observePair(pair, new Map([["extlb-01", gone]]));
  expect(sighting).toMatchObject({ kind: "unreachable", error: { code: "host-unreachable" } });
});

test("what a node is asked: its peers for every router, its interfaces, counting for one interval of what can be waited for", () => {
  const [node] = pair.nodes;
  if (node === undefined) throw new Error("no node");
  expect(observationRequest(pair, node, { thorough: true })).toMatchObject({
    healthUrl: "http://127.0.0.1:8405/healthz",
    interfaces: ["ens192"],
    expected: [{ router: "ext-lb", vrid: 50, peer: "extlb-02", peerAddress: "10.150.160.31", family: 4 }],
    captureMs: 1200,
  });
  expect(observationRequest(pair, node).captureMs).toBe(0);
  const fast = documentPair("profile: fast");
  expect(observationRequest(fast, node, { thorough: true }).captureMs).toBe(450);
});
