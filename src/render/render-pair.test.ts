// The files of every form of pair, as goldens that a person reads, and what must hold for all of them.

import { describe, expect, it } from "vitest";
import { agentPairFiles, inputsFor, pairFiles, pairNamed } from "../../test/support/pairs.ts";
import { parseConfig, readInstances, readScripts } from "../keepalived/index.ts";
import { nodePaths, originOf, platforms, renderPair, withSecondFile } from "./index.ts";

describe.each(Object.keys({ ...pairFiles, ...agentPairFiles }))("the pair %s", (name) => {
  const pair = pairNamed(name);
  const nodes = renderPair(pair, inputsFor(pair));

  it("renders to the golden", async () => {
    const text = [...nodes]
      .flatMap(([node, files]) =>
        files.map(
          (file) => `==> ${node}:${file.path} 0${file.mode.toString(8)} ${file.effect}\n${file.content}`,
        ),
      )
      .join("\n");
    await expect(text).toMatchFileSnapshot(`../../test/golden/render/${name}.txt`);
  });

  it("renders the same bytes again", () => {
    expect(renderPair(pair, inputsFor(pair))).toEqual(nodes);
  });

  it("means what the pair says, when keepalived.conf is read back", () => {
    for (const node of pair.nodes) {
      const conf = nodes.get(node.name)?.find((file) => file.path === nodePaths.keepalivedConf);
      const instances = readInstances(parseConfig(conf?.content ?? ""));
      expect(instances.map((instance) => instance.name)).toEqual(pair.routers.map((router) => router.name));
      for (const [index, router] of pair.routers.entries()) {
        expect(instances[index]).toMatchObject({
          state: "BACKUP",
          nopreempt: true,
          interface: node.interface,
          virtualRouterId: router.id,
          version: router.version,
          priority: router.priorities.get(node.name),
          advertIntervalUs: router.advertIntervalUs,
        });
        expect(instances[index]?.unicastPeers).toHaveLength(pair.nodes.length - 1);
        expect(instances[index]?.virtualIpaddresses.map((vip) => vip.address.text)).toEqual(
          router.vips.map((vip) => vip.address.text),
        );
        expect(instances[index]?.trackFiles.map((entry) => entry.name)).toEqual([
          "process",
          "traffic",
          "hold",
          ...(pair.routers.length > 1 ? [`hold-${router.name}`] : []),
          // Only where an interval, and so the skew, is long.
          ...(pair.routers.some((one) => one.advertIntervalUs >= 1_000_000) ? ["boost"] : []),
        ]);
      }
      expect(readScripts(parseConfig(conf?.content ?? ""))).toMatchObject([
        { name: "chk_haproxy", weight: 0, fall: 2, rise: 1 },
      ]);
    }
  });

  it("keeps the password in one file, and that file from others' eyes", () => {
    for (const files of nodes.values()) {
      const holding = files.filter((file) => file.content.includes("pa#s w!d"));
      expect(
        holding.every(
          (file) => file.path === nodePaths.keepalivedConf && file.mode === 0o600 && file.secrets.length > 0,
        ),
      ).toBe(true);
    }
  });

  it("marks every file, and sees an edit", () => {
    for (const file of [...nodes.values()].flat()) {
      expect(originOf(file.content)).toMatchObject({ kind: "hapair", pair: pair.name, edited: false });
      expect(originOf(`${file.content}edited\n`)).toMatchObject({ kind: "hapair", edited: true });
    }
  });
});

describe("HAProxy's second file", () => {
  it("comes after the last -f, and leaves other commands alone", () => {
    expect(withSecondFile(platforms.debian.haproxyUnit.execReload, "/x.cfg")).toEqual([
      "/usr/sbin/haproxy -Ws -f $CONFIG -f /x.cfg -c -q $EXTRAOPTS",
      "/bin/kill -USR2 $MAINPID",
    ]);
  });

  it("goes where a unit that loads a directory finds it, without touching its command line", () => {
    const pair = pairNamed("classic");
    const systems = new Map(
      pair.nodes.map((node) => [
        node.name,
        { platform: platforms.rhel, haproxyUnit: platforms.rhel.haproxyUnit },
      ]),
    );
    const files = renderPair(pair, { ...inputsFor(pair), systems }).get("extlb-01") ?? [];
    expect(files.map((file) => file.path)).toContain("/etc/haproxy/conf.d/zz-hapair.cfg");
    expect(files.find((file) => file.path === nodePaths.haproxyDropIn)?.content).not.toContain("ExecStart=");
  });
});
