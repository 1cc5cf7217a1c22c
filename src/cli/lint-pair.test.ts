// Lint of hapair's own: a pair in order has nothing found and nothing silenced, and what it becomes is in order as well.

import { describe, expect, it, test } from "vitest";
import { agentPairFiles, inputsFor, pairFiles, pairNamed } from "../../test/support/pairs.ts";
import { sourceText } from "../diagnostics/index.ts";
import { lintNodes } from "../lint/index.ts";
import { nodePaths, renderPair } from "../render/index.ts";
import { lintPairFile } from "./lint-pair.ts";

/** What these pairs' own files say: a VIP with the network's prefix length. */
const OF_THE_FILES = ["HP307"];

test.each(["ext-lb", "active-active", "ext-lb-agent"])("the example %s", (name) => {
  const { diagnostics, suppressed } = lintPairFile(`examples/${name}/pair.yaml`, {});
  expect(diagnostics).toEqual([]);
  expect(suppressed).toEqual([]);
});

describe.each(Object.keys({ ...pairFiles, ...agentPairFiles }))("keepalived.conf of the pair %s", (name) => {
  const pair = pairNamed(name);
  const nodes = [...renderPair(pair, inputsFor(pair))].map(([node, files]) => ({
    name: node,
    main: sourceText(
      `${node}.conf`,
      files.find(({ path }) => path === nodePaths.keepalivedConf)?.content ?? "",
    ),
  }));

  it("has neither errors nor warnings; silent is only what is meant", () => {
    const { diagnostics, suppressed } = lintNodes(nodes, { selection: { skip: OF_THE_FILES } });
    expect(diagnostics.filter(({ severity }) => severity !== "advice")).toEqual([]);
    expect(new Set(suppressed.map(({ diagnostic }) => diagnostic.code))).toEqual(
      new Set(nodes[0]?.main.text.includes("track_file boost") === true ? ["HP108"] : []),
    );
  });

  it("silences nothing that is not found, also read alone", () => {
    for (const node of nodes)
      expect(lintNodes([node], {}).diagnostics.filter(({ code }) => code.startsWith("HP99"))).toEqual([]);
  });
});
