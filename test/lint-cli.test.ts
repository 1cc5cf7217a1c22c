// hapair lint as a user runs it: the built command line on files in a folder of its own.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const root = resolve(import.meta.dirname, "..");
const cli = resolve(root, "dist/cli/hapair.mjs");
const asWritten = resolve(root, "examples/ext-lb/as-written");
const SECRET = "Tr0ub4dor-and-3";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hapair-lint-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function put(name: string, text: string): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function lint(words: readonly string[], input = ""): Run {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, "lint", ...words], {
    cwd: folder,
    input,
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1" },
  });
  return { status, stdout, stderr };
}

interface Node {
  readonly priority: number;
  readonly source: number;
  readonly peer: number;
  readonly extra?: string;
  readonly script?: string;
  readonly vrid?: number;
}

function conf({ priority, source, peer, extra = "", script = "", vrid = 50 }: Node): string {
  return `global_defs {
    script_user root
    enable_script_security
}
vrrp_script chk_haproxy {
    script "/usr/bin/curl --fail --silent --max-time 1 http://127.0.0.1:8404/health"
    interval 2
    timeout 2
    fall 2
${script}}
vrrp_instance LB {
    state BACKUP
    interface eth0
    virtual_router_id ${vrid}
    priority ${priority}
    advert_int 1
    nopreempt
${extra}    unicast_src_ip 192.0.2.${source}
    check_unicast_src
    unicast_peer {
        192.0.2.${peer}
    }
    authentication {
        auth_type PASS
        auth_pass ${SECRET}
    }
    virtual_ipaddress {
        192.0.2.10/32
    }
    track_script {
        chk_haproxy
    }
}
`;
}

const good = {
  a: conf({ priority: 101, source: 11, peer: 12 }),
  b: conf({ priority: 100, source: 12, peer: 11 }),
};

describe("hapair lint", () => {
  it("explains why the page's own pair breaks two of its promises", () => {
    const run = lint(["--json", join(asWritten, "extlb-01.conf"), join(asWritten, "extlb-02.conf")]);
    expect(run.status).toBe(1);
    const { findings } = JSON.parse(run.stdout) as { findings: { code: string; message: string }[] };
    const codes = findings.map((finding) => finding.code);
    // The VIP moves back: nopreempt stands on the wrong node alone. A hang is not noticed: the check asks systemd.
    expect(codes).toContain("HP107");
    expect(codes).toContain("HP405");
    expect(findings.find((finding) => finding.code === "HP107")?.message).toContain("extlb-01: 101");
  });

  it("is quiet about a good pair but for what the files cannot help", () => {
    const run = lint(["--skip", "HP320", put("a.conf", good.a), put("b.conf", good.b)]);
    expect(run.stdout).toMatch(/nothing found \(\d+ rules\)/);
    expect(run.status).toBe(0);
  });

  it("takes the nodes in any order, from a folder, and from neighbouring folders", () => {
    put("one/lb1/keepalived.conf", good.a.replace("virtual_router_id 50", "virtual_router_id 51"));
    put("one/lb2/keepalived.conf", good.b);
    for (const words of [["one"], ["one/lb2/keepalived.conf", "one/lb1/keepalived.conf"]]) {
      const run = lint([...words, "--only", "HP101"]);
      expect(run.stdout).toContain("error HP101");
      expect(run.stdout).toContain("lb1");
      expect(run.stdout).toContain("lb2");
    }
  });

  it("does not compare strangers that lie in one folder", () => {
    put("all/a.conf", good.a);
    put("all/b.conf", good.b.replaceAll("192.0.2.", "198.51.100."));
    put("all/c.conf", good.b.replaceAll("192.0.2.", "203.0.113."));
    const run = lint(["all", "--only", "HP306,HP301,HP101"]);
    expect(run.stdout).toContain("nothing found");
  });

  it("reads standard input", () => {
    const run = lint(["-"], good.a.replace("state BACKUP", "state MASTER"));
    expect(run.stdout).toMatch(/<stdin>:\d+:\d+: error HP106/);
    expect(run.status).toBe(1);
  });

  it("follows includes, and points into the included file", () => {
    put(
      "instances.d/lb.conf",
      good.a.slice(good.a.indexOf("vrrp_instance")).replace("state BACKUP", "state MASTER"),
    );
    const main = put(
      "keepalived.conf",
      `${good.a.slice(0, good.a.indexOf("vrrp_instance"))}include instances.d/*.conf\n`,
    );
    expect(lint([main]).stdout).toMatch(/instances\.d\/lb\.conf:\d+:\d+: error HP106/);
  });

  it("reads one file with conditions as several nodes", () => {
    const both = good.a
      .replace("priority 101", "@lb1 priority 101\n    @lb2 priority 101")
      .replace(
        "unicast_src_ip 192.0.2.11",
        "@lb1 unicast_src_ip 192.0.2.11\n    @lb2 unicast_src_ip 192.0.2.12",
      )
      .replace("        192.0.2.12\n", "        @lb1 192.0.2.12\n        @lb2 192.0.2.11\n");
    const run = lint([put("keepalived.conf", both), "--only", "HP104,HP301"]);
    expect(run.stdout).toContain("HP104");
    expect(run.stdout).not.toContain("HP301");
  });

  it("lints a pair.yaml and points at its keys", () => {
    put("haproxy.cfg", readFileSync(resolve(root, "examples/ext-lb/haproxy.cfg"), "utf8"));
    const text = readFileSync(resolve(root, "examples/ext-lb/pair.yaml"), "utf8");
    expect(lint([put("pair.yaml", text)]).stdout).toContain("nothing found");
    expect(lint([]).status).toBe(0);
    const slow = lint([put("slow.yaml", `${text}check: { interval: 9, fall: 3 }\n`)]);
    expect(slow.stdout).toMatch(/slow\.yaml:\d+:\d+: warning HP/);
    expect(slow.status).toBe(1);
  });

  it.each(["text", "json", "sarif", "github", "junit"])("never shows a password in %s", (format) => {
    put(
      "haproxy.cfg",
      `global\n    stats socket /run/haproxy.sock\nlisten stats\n    bind :9000\n    stats auth admin:${SECRET}\n`,
    );
    const a = put("a.conf", conf({ priority: 101, source: 11, peer: 12, extra: "    state MASTER\n" }));
    const b = put("b.conf", good.b.replace(SECRET, `${SECRET}#x`).replace("PASS", "pass"));
    const run = lint(["--all", "--format", format, "--haproxy", "haproxy.cfg", a, b]);
    expect(run.stdout.length).toBeGreaterThan(100);
    expect(`${run.stdout}${run.stderr}`).not.toContain(SECRET);
    expect(`${run.stdout}${run.stderr}`).not.toContain(SECRET.slice(0, 8));
  });

  it("mends what is safe, shows it first, and keeps everything else", () => {
    const text = `# ours\n${conf({ priority: 101, source: 11, peer: 12, script: "    init_fail # why not\n" })}`;
    const path = put("a.conf", text);
    const dry = lint(["--fix", "--dry-run", path]);
    expect(dry.stderr).toContain("-    init_fail");
    expect(dry.stderr).not.toContain(SECRET);
    expect(readFileSync(path, "utf8")).toBe(text);
    lint(["--fix", path]);
    const after = readFileSync(path, "utf8");
    expect(after).not.toContain("init_fail");
    expect(after).toContain("# ours");
    expect(after).toContain("# why not");
    expect(after).toContain(`auth_pass ${SECRET}`);
  });

  it("does not write a file back whose bytes are no UTF-8", () => {
    const path = join(folder, "latin.conf");
    const bytes = Buffer.from(
      conf({ priority: 101, source: 11, peer: 12, script: "    init_fail # für alle\n" }),
      "latin1",
    );
    writeFileSync(path, bytes);
    const run = lint(["--fix", path]);
    expect(run.status).toBe(2);
    expect(run.stderr).toContain("is not UTF-8 text");
    expect(readFileSync(path).equals(bytes)).toBe(true);
  });

  it("is silenced by a comment with a reason, and says when one silences nothing", () => {
    const told = good.a.replace(
      "        auth_pass",
      "        # hapair-ignore HP320: the old nodes need it so\n        auth_pass",
    );
    expect(lint(["--only", "HP320", put("a.conf", told)]).status).toBe(0);
    const needless = good.a.replace(
      "    state BACKUP",
      "    # hapair-ignore HP106: once it was MASTER\n    state BACKUP",
    );
    const run = lint([put("b.conf", needless), "--skip", "HP320"]);
    expect(run.stdout).toContain("HP990");
  });

  it("says where the version matters, and is certain where it is told", () => {
    const text = good.a.replace("    nopreempt\n", "    nopreempt\n    timer_expired_backup\n");
    const path = put("a.conf", text);
    expect(lint(["--only", "HP901", path]).stdout).toMatch(/warning HP901.*\n?.*2\.2\.7/);
    expect(lint(["--only", "HP901", "--keepalived", "2.2.7", path]).stdout).toContain("error HP901");
    expect(lint(["--only", "HP901", "--keepalived", "2.4.3", path]).stdout).toContain("nothing found");
  });

  it.each([
    { words: ["nowhere.conf"], says: "there is no such file" },
    { words: ["--only", "HP999", "-"], says: "there is no rule HP999" },
    { words: ["--keepalived", "new", "-"], says: "no version of keepalived" },
    { words: ["--dry-run", "-"], says: "--fix" },
    { words: ["--fix", "-"], says: "standard input" },
    { words: ["."], says: "no file below" },
  ])("refuses $words with 2 and a reason", ({ words, says }) => {
    const run = lint(words);
    expect(run.status).toBe(2);
    expect(run.stderr).toContain(says);
    expect(run.stderr).not.toMatch(/\n\s+at /);
  });

  it("counts advice as fine unless told otherwise", () => {
    const path = put("a.conf", good.a.replace("    check_unicast_src\n", ""));
    expect(lint(["--only", "HP310", path]).status).toBe(0);
    expect(lint(["--only", "HP310", "--fail-on", "advice", path]).status).toBe(1);
    expect(lint(["--only", "HP310", "--severity", "HP310=error", path]).status).toBe(1);
  });
});
