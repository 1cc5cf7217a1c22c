import { expect, it } from "vitest";
import { sourceText } from "../diagnostics/index.ts";
import { matchInstances, readConfiguration } from "./index.ts";

function nodeOf(name: string, ...instances: readonly (readonly [string, number, string])[]) {
  const text = instances
    .map(
      ([instance, id, address]) =>
        `vrrp_instance ${instance} {\n    interface eth0\n    virtual_router_id ${id}\n    virtual_ipaddress {\n        ${address}\n    }\n}\n`,
    )
    .join("");
  return { name, configuration: readConfiguration(sourceText(`${name}.conf`, text)) };
}

function groups(...nodes: readonly ReturnType<typeof nodeOf>[]): string[] {
  return matchInstances(nodes).map((group) =>
    group.map(({ node, instance }) => `${node.name}/${instance.name}`).join(" "),
  );
}

it("joins by address, whatever the names and numbers are", () => {
  expect(
    groups(
      nodeOf("lb1", ["one", 50, "192.0.2.50"], ["two", 51, "192.0.2.51"]),
      nodeOf("lb2", ["one", 51, "192.0.2.51"], ["two", 52, "192.0.2.50"]),
    ),
  ).toEqual(["lb1/one lb2/two", "lb1/two lb2/one"]);
});

it("joins by VRID where no address is common, and by name where the VRID is another", () => {
  expect(groups(nodeOf("lb1", ["a", 50, "192.0.2.50"]), nodeOf("lb2", ["b", 50, "192.0.2.60"]))).toEqual([
    "lb1/a lb2/b",
  ]);
  expect(groups(nodeOf("lb1", ["a", 50, "192.0.2.50"]), nodeOf("lb2", ["a", 51, "192.0.2.60"]))).toEqual([
    "lb1/a lb2/a",
  ]);
});

it("never joins two instances of one node, and leaves alone what has nothing in common", () => {
  expect(
    groups(
      nodeOf("lb1", ["a", 50, "192.0.2.50"], ["b", 50, "192.0.2.50"]),
      nodeOf("lb2", ["c", 52, "192.0.2.52"]),
    ),
  ).toEqual(["lb1/a", "lb1/b", "lb2/c"]);
});
