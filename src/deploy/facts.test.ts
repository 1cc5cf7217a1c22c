import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { HapairError } from "../base/index.ts";
import { captured, examplePair, pageFacts } from "../../test/support/deploy-facts.ts";
import { factsFrom, factsRequest, nodeSystemOf, requireInstalled } from "./facts.ts";
import { factsScript } from "./facts-script.ts";

describe("facts of the page's holder", () => {
  const facts = factsFrom("extlb-01", captured("page-holder"));

  it("tell the system, the versions and both units", () => {
    expect(facts.distribution).toMatchObject({ id: "debian", versionId: "12" });
    expect(facts.versions).toEqual({ keepalived: "2.2.7", haproxy: "2.6.12-1+deb12u4", systemd: "252" });
    expect(facts.units.haproxy).toMatchObject({
      isLoaded: true,
      activeState: "active",
      fileState: "enabled",
    });
    expect(facts.units.haproxy.commands).toEqual({
      execStart: ["/usr/sbin/haproxy -Ws -f $CONFIG -p $PIDFILE $EXTRAOPTS"],
      execReload: ["/usr/sbin/haproxy -Ws -f $CONFIG -c -q $EXTRAOPTS", "/bin/kill -USR2 $MAINPID"],
    });
    expect(nodeSystemOf(facts).platform.family).toBe("debian");
  });

  it("tell who holds the VIP, by the interfaces and by keepalived's own word", () => {
    expect(facts.addresses).toContain("10.150.160.32");
    expect(facts.instances).toEqual([{ name: "LB_VIP", state: "MASTER" }]);
    expect(pageFacts.get("extlb-02")?.instances).toEqual([{ name: "LB_VIP", state: "BACKUP" }]);
  });

  it("leave out what lies on lo: there a VIP belongs to a switchover that drains", () => {
    const encoded = (text: string): string => Buffer.from(text).toString("base64");
    const line = (device: string, address: string): string =>
      `3: ${device}    inet ${address} scope global ${device}\\       valid_lft forever preferred_lft forever\n`;
    const draining = captured("page-holder").replace(
      /^addresses .*$/m,
      `addresses ${encoded(line("lo", "10.150.160.32/32") + line("ens192", "10.150.160.30/24"))}`,
    );
    expect(factsFrom("extlb-01", draining).addresses).toEqual(["10.150.160.30"]);
  });

  it("tell the kernel's settings", () => {
    expect(facts.sysctls).toEqual({
      "net/ipv4/ip_nonlocal_bind": "0",
      "net/ipv6/ip_nonlocal_bind": "0",
      "net/ipv4/tcp_migrate_req": "0",
    });
  });

  it("hold the files with content, mode and hash, and nothing where there is none", () => {
    const file = facts.files.find((one) => one.path === "/etc/keepalived/keepalived.conf");
    expect(file).toMatchObject({ kind: "file", isLink: false, mode: 0o644, owner: "root", group: "root" });
    expect(file?.content).toContain("virtual_router_id 50");
    expect(facts.files.find((one) => one.path === "/etc/haproxy/hapair.cfg")).toBeUndefined();
    expect(facts.manifest).toBeUndefined();
    expect(facts.lock).toBeUndefined();
  });

  it("are refused when the output is cut off", () => {
    const cut = captured("page-holder").split("\n").slice(0, -3).join("\n");
    expect(() => factsFrom("extlb-01", cut)).toThrow(HapairError);
  });

  it("are refused when a file changed while it was read", () => {
    const torn = captured("page-holder").replace(
      /^contents (.{8})/m,
      (_all, start: string) => `contents ${start === "QUFBQUFB" ? "QkJCQkJC" : "QUFBQUFB"}`,
    );
    expect(() => factsFrom("extlb-01", torn)).toThrow(/changed while it was read/);
  });
});

describe("facts after an apply", () => {
  const facts = factsFrom("extlb-01", captured("applied-holder"));

  it("leave hapair's own drop-in out of the unit's commands and have it in the effective ones", () => {
    expect(facts.units.haproxy.commands.execStart).toEqual([
      "/usr/sbin/haproxy -Ws -f $CONFIG -p $PIDFILE $EXTRAOPTS",
    ]);
    expect(facts.units.haproxy.effectiveCommands.execStart).toEqual([
      "/usr/sbin/haproxy -Ws -f $CONFIG -f /etc/haproxy/hapair.cfg -p $PIDFILE $EXTRAOPTS",
    ]);
    expect(facts.haproxyCommandLine).toContain("-f /etc/haproxy/hapair.cfg");
  });

  it("know the manifest and what was there before", () => {
    expect(facts.manifest).toMatchObject({ version: 1, pair: "ext-lb", by: expect.any(String) as string });
    expect(facts.originals).toContainEqual({ path: "/etc/keepalived/keepalived.conf", was: "kept" });
    expect(facts.originals).toContainEqual({ path: "/etc/haproxy/hapair.cfg", was: "absent" });
    expect(facts.unfinished).toBeUndefined();
  });
});

describe("requireInstalled", () => {
  it("names everything that is missing with the distribution's own line", () => {
    const [one, two] = [...pageFacts.values()];
    if (one === undefined || two === undefined) throw new Error("two nodes are captured");
    const rocky = {
      ...two,
      programs: ["curl"],
      distribution: { id: "rocky", idLike: ["rhel"], versionId: "9", name: "Rocky Linux 9" },
    };
    const bare = { ...one, programs: ["haproxy", "curl"] };
    expect(() => requireInstalled([bare, rocky])).toThrow(
      "extlb-01 (Debian GNU/Linux 12 (bookworm)): keepalived is not installed; extlb-02 (Rocky Linux 9): keepalived and haproxy are not installed",
    );
    try {
      requireInstalled([bare, rocky]);
    } catch (failure) {
      expect((failure as HapairError).hint).toMatch(
        /on extlb-01: apt-get install .*on extlb-02: dnf install/,
      );
    }
    expect(() => requireInstalled([one, two])).not.toThrow();
  });
});

describe("the script", () => {
  it("is a script to a real shell, whatever the pair's paths are", () => {
    const pair = examplePair("");
    const [node] = pair.nodes;
    if (node === undefined) throw new Error("the pair has nodes");
    const odd = {
      ...factsRequest(pair, node),
      hashOnly: ["/etc/it's $HOME.pem", "/etc/`x`"],
      interface: "e'th",
    };
    expect(() => execFileSync("/bin/sh", ["-n", "-s"], { input: factsScript(odd) })).not.toThrow();
  });
});
