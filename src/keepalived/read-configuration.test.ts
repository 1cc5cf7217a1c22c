// A whole configuration as values: what instances say and take from global_defs, other blocks, and that any text has a reading.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sourceText } from "../diagnostics/index.ts";
import type { KeepalivedConfiguration } from "./configuration.ts";
import { compareConfigurations } from "./compare.ts";
import { locate } from "./config-files.ts";
import type { KeepalivedInstance } from "./instance.ts";
import { readConfiguration, type ReadConfigurationOptions } from "./read-configuration.ts";
import { keepalivedVersions } from "./version.ts";

function read(text: string, options: ReadConfigurationOptions = {}): KeepalivedConfiguration {
  return readConfiguration(sourceText("keepalived.conf", text), options);
}

const INSTANCE = `interface eth0
    virtual_router_id 51
    virtual_ipaddress {
        192.0.2.10
    }`;

function instanceWith(lines: string, before = ""): KeepalivedInstance | undefined {
  return read(`${before}\nvrrp_instance VI {\n${INSTANCE}\n${lines}\n}\n`).instances[0];
}

describe("fields of an instance", () => {
  it.each([
    ["stateWritten", "state Master", "Master"],
    ["state", "state MASTER\nstate BACKUP", "MASTER"],
    ["state", "state MASTER\nstate oops", "BACKUP"],
    ["interfaceWritten", "interface a_name_too_long_0", "a_name_too_long_0"],
    ["interface", "interface a_name_too_long_0", "eth0"],
    ["version", "version 3\nversion 2", 3],
    ["preemptDelayUs", "preempt_delay 300", 300_000_000],
    ["preemptDelayUs", "preempt_delay 5m", 5],
    ["preemptDelayUs", "preempt_delay 10\npreempt_delay 2000", 0],
    ["unicastMeant", "", false],
    ["unicastMeant", "unicast_src_ip 192.0.2.1", true],
    ["unicastMeant", "unicast_peer {\n}", true],
    ["checkUnicastSource", "", false],
    ["checkUnicastSource", "check_unicast_src", true],
    ["checkUnicastSource", "unicast_peer {\n192.0.2.2 min_ttl 255\n}", true],
    ["skipCheckAdvAddr", "", false],
    ["skipCheckAdvAddr", "skip_check_adv_addr", true],
    ["skipCheckAdvAddr", "skip_check_adv_addr off", true],
    ["skipCheckAdvAddr", "skip_check_adv_addr maybe", false],
    ["strict", "strict_mode", true],
    ["strict", "strict_mode off", false],
    ["noAccept", "", false],
    ["noAccept", "no_accept", true],
    ["noAccept", "no_accept\naccept", false],
    ["noAccept", "strict_mode", true],
    ["noAccept", "strict_mode\naccept", true],
    ["noAccept", "strict_mode\nversion 3\naccept", false],
    ["noAccept", "strict_mode\npriority 255", false],
    ["nopreempt", "state MASTER\npriority 100\nnopreempt\nstrict_mode", true],
    ["downTimerAdverts", "", 3],
    ["downTimerAdverts", "down_timer_adverts 5", 5],
    ["downTimerAdverts", "down_timer_adverts 101", 3],
    ["downTimerAdverts", "down_timer_adverts 5\nstrict_mode", 3],
    ["useVmac", "use_vmac", true],
    ["dontTrackPrimary", "dont_track_primary", true],
    ["smtpAlert", "smtp_alert", true],
    ["smtpAlert", "smtp_alert off", false],
  ] as const)("%s of %j is %j", (field, lines, expected) => {
    expect(instanceWith(lines)?.[field as keyof KeepalivedInstance]).toEqual(expected);
  });

  it.each([
    ["strict", "vrrp_strict", true],
    ["version", "vrrp_version 3", 3],
    ["checkUnicastSource", "vrrp_check_unicast_src", true],
    ["skipCheckAdvAddr", "vrrp_skip_check_adv_addr off", true],
    ["smtpAlert", "smtp_alert_vrrp off\nsmtp_alert", false],
    ["smtpAlert", "smtp_alert", true],
    ["downTimerAdverts", "vrrp_down_timer_adverts 7", 7],
  ] as const)("%s of global_defs with %j is %j", (field, lines, expected) => {
    // Where global_defs stands does not matter.
    const globals = `global_defs {\n${lines}\n}\n`;
    const block = `vrrp_instance VI {\n${INSTANCE}\n}\n`;
    for (const text of [block + globals, globals + block]) {
      const [instance] = read(text).instances;
      expect(instance?.[field as keyof KeepalivedInstance]).toEqual(expected);
    }
  });

  it("has gratuitous ARP with the defaults of global_defs", () => {
    const globals = "global_defs {\nvrrp_garp_master_delay 1\nvrrp_garp_master_repeat 0\n}";
    expect(instanceWith("garp_master_refresh 30", globals)?.garp).toEqual({
      masterDelayS: 1,
      masterRepeat: 1,
      masterRefreshS: 30,
      masterRefreshRepeat: 1,
      lowerPriorityDelayS: 1,
      lowerPriorityRepeat: 1,
    });
  });

  it("keeps what is no address, and says which prefix was written", () => {
    const instance = instanceWith(
      "unicast_peer {\nlb2.example.com\n192.0.2.2\nfd00::2\n}\nvirtual_ipaddress {\n<VIP>\n192.0.2.11/24\n}",
    );
    expect(instance?.unreadablePeers.map((line) => line.text)).toEqual(["lb2.example.com", "fd00::2"]);
    expect(instance?.unreadableVirtualIpaddresses.map((line) => line.text)).toEqual(["<VIP>"]);
    expect(instance?.virtualIpaddresses.map((each) => each.prefixWritten)).toEqual([false, true]);
  });

  it("has the first program of each kind", () => {
    const commands = instanceWith(
      'notify_master "/bin/a b"\nnotify_master /bin/c\nnotify /bin/d\nnotify_deleted',
    )?.commands;
    expect(commands?.map(({ keyword, command }) => [keyword, command])).toEqual([
      ["notify_master", ["/bin/a", "b"]],
      ["notify", ["/bin/d"]],
    ]);
  });

  it("hides the password, as the daemon reads it", () => {
    const given = instanceWith('authentication {\nauth_type PASS\nauth_pass "se c#ret99"\n}')?.authentication;
    expect(given?.password?.reveal()).toBe("se c#ret99");
    expect(JSON.stringify(given)).not.toContain("se c");
    expect(
      instanceWith(
        "authentication {\nauth_type PASS\nauth_pass se#cret\n}",
      )?.authentication?.password?.reveal(),
    ).toBe("se");
  });

  it("says where every keyword is", () => {
    const text = `vrrp_instance VI {\n${INSTANCE}\nsmtp_alert\nnotify /bin/a\nnotify /bin/b\nadvert_int 900\n}\n`;
    const lines = [...(read(text).instances[0]?.lines ?? [])].map(([keyword, span]) => [
      keyword,
      text.slice(span.start, span.end),
    ]);
    expect(Object.fromEntries(lines)).toEqual({
      interface: "interface eth0",
      virtual_router_id: "virtual_router_id 51",
      virtual_ipaddress: "virtual_ipaddress",
      smtp_alert: "smtp_alert",
      notify: "notify /bin/a",
    });
  });
});

describe("other blocks", () => {
  it("has global settings", () => {
    const { globals } = read(`global_defs {
    router_id lb1
    script_user nobody
    enable_script_security
    smtp_server 127.0.0.1 25
    notification_email {
        a@example.com b@example.com
        c@example.com
    }
    smtp_alert
    startup_script "/bin/a b"
    vrrp_startup_delay 1.5
}
`);
    expect(globals).toMatchObject({
      routerId: "lb1",
      scriptUser: "nobody",
      scriptSecurity: true,
      smtpServer: "127.0.0.1",
      notificationEmails: ["a@example.com", "b@example.com", "c@example.com"],
      smtpAlert: true,
      startupDelayUs: 1_500_000,
      version: 2,
      strict: false,
    });
    expect(globals.commands.map((line) => line.command)).toEqual([["/bin/a", "b"]]);
    expect(globals.lines.has("notification_email")).toBe(true);
  });

  it("has sync groups, tracked files and processes, and counts LVS's blocks", () => {
    const configuration = read(`vrrp_sync_group G {
    group {
        A B
        C
    }
    notify_master /bin/a
}
track_file F {
    file /run/f
    weight 5 reverse
}
vrrp_track_process P {
    process haproxy -f x
    quorum 2
}
virtual_server 192.0.2.10 80 {
}
`);
    expect(configuration.syncGroups[0]).toMatchObject({ name: "G", trackingWeight: false, smtpAlert: false });
    expect(configuration.syncGroups[0]?.members.map((member) => member.name)).toEqual(["A", "B", "C"]);
    expect(configuration.trackFiles[0]).toMatchObject({ path: "/run/f", weight: 5, reverse: true });
    expect(configuration.trackProcesses[0]).toMatchObject({
      command: ["haproxy", "-f", "x"],
      quorum: 2,
      weight: 0,
    });
    expect(configuration.virtualServers).toBe(1);
  });

  it.each([
    ["interval 3s", "intervalS", 3],
    ["interval 0", "intervalS", 1],
    ["interval x", "intervalS", 1],
    ["timeout 4", "timeoutS", 4],
    ["fall 2x", "fall", 2],
    ["rise 0", "rise", 1],
    ["weight 300", "weight", 300],
    ["weight x", "weight", 0],
    ["weight -2 reverse\nweight -3", "reverse", true],
  ] as const)("a script with %j has %s %j", (lines, field, expected) => {
    const [script] = read(`vrrp_script s {\nscript /bin/true\n${lines}\n}\n`).scripts;
    expect(script?.[field]).toBe(expected);
  });
});

describe("what another version reads in another way", () => {
  it.each([
    ["vrrp_script s {\nscript /bin/true\ninterval 0.5\ntimeout 1.25\n}", [1, 1], [0.5, 1.25]],
    ["vrrp_script s {\nscript /bin/true\ninterval 0\n}", [1, 1], [1, 1]],
  ])("%j", (text, before, since) => {
    const seconds = (version: string) =>
      read(text, { version }).scripts.flatMap((script) => [script.intervalS, script.timeoutS]);
    expect([seconds("2.3.1"), seconds("2.3.2")]).toEqual([before, since]);
    expect(read(text).dependsOnVersion).toBe(before[0] !== since[0]);
  });

  it.each(["vrrp_strict", "vrrp_skip_check_adv_addr"])("%s off", (keyword) => {
    const text = `global_defs {\n${keyword} off\n}\n`;
    const inForce = (version: string) => {
      const { strict, skipCheckAdvAddr } = read(text, { version }).globals;
      return strict || skipCheckAdvAddr;
    };
    expect([inForce("2.2.8"), inForce("2.3.1")]).toEqual([true, false]);
    expect(read(text).dependsOnVersion).toBe(true);
  });
});

describe("one file for several hosts", () => {
  const text = `vrrp_instance VI {
    ${INSTANCE}
    @lb1 priority 101
    @lb2 priority 100
    @^lb1 nopreempt
}
`;

  it.each([
    ["lb1", 101, false],
    ["lb2", 100, true],
    [undefined, 100, true],
  ])("as %s", (configId, priority, nopreempt) => {
    const configuration = read(text, configId === undefined ? {} : { configId });
    expect(configuration.conditionIds).toEqual(["lb1", "lb2"]);
    expect(configuration.instances).toMatchObject([{ priority, nopreempt }]);
  });

  it("reads included files, and says where in them everything is", () => {
    const included = sourceText("conf.d/vi.conf", text);
    const configuration = read("include conf.d/*.conf\n", {
      configId: "lb1",
      resolveInclude: () => [included],
    });
    const [instance] = configuration.instances;
    const place = locate(configuration.files, instance?.lines.get("priority") ?? { start: 0, end: 0 });
    expect(place.source.file).toBe("conf.d/vi.conf");
    expect(included.text.slice(place.span.start, place.span.end)).toBe("priority 101");
  });
});

const WELL_MEANT = `global_defs {
    router_id lb1
    include_check
}
vrrp_script check {
    script "/bin/check 'a b'"
    weight -20
}
vrrp_sync_group G {
    group {
        VI
    }
}
include more.conf
$VIP=192.0.2.10
vrrp_instance VI {
    ${INSTANCE}
    @lb1 priority 101
    authentication {
        auth_type PASS
        auth_pass "a#b"
    }
    unicast_peer {
        192.0.2.2 # the other
    }
    virtual_ipaddress {
        ~SEQ(N, 1, 3) 192.0.2.$N
        \${VIP}/32 dev eth0
    }
    track_script {
        check
    }
    notify /bin/tell
}
`;

describe("any text", () => {
  const piece = fc.constantFrom(
    ...'vrrp_instance|vrrp_script|global_defs|vrrp_sync_group|track_script|track_file|authentication|auth_pass|priority|include|include_check|virtual_ipaddress|group|weight|$A=|$A|${A}|@lb1|~SEQ(I,2)|{|}|"|#|\\|\n|a|1|-3|::1|10.0.0.1|/'.split(
      "|",
    ),
    " ",
    "\n",
  );

  /** Text that was meant well, with pieces cut out, doubled and put elsewhere. */
  const mutated = fc
    .array(fc.tuple(fc.nat(), fc.nat({ max: 60 }), fc.nat()), { maxLength: 6 })
    .map((cuts) => {
      let text = WELL_MEANT;
      for (const [from, length, to] of cuts) {
        const start = from % (text.length + 1);
        const cut = text.slice(start, start + length);
        const rest = text.slice(0, start) + text.slice(start + length);
        const at = to % (rest.length + 1);
        text = rest.slice(0, at) + cut + rest.slice(at);
      }
      return text;
    });

  it("has a reading, on any version, and every place in it is in a file", () => {
    const texts = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.array(piece, { maxLength: 80 }).map((all) => all.join(" ")),
      mutated,
    );
    fc.assert(
      fc.property(texts, fc.constantFrom(...keepalivedVersions), (text, version) => {
        const resolveInclude = (pattern: string) => [sourceText(pattern, text)];
        const configuration = read(text, { resolveInclude, version });
        const spans = [
          ...configuration.complaints.map((complaint) => complaint.span),
          ...configuration.instances.flatMap((instance) => [instance.span, ...instance.lines.values()]),
        ];
        for (const span of spans) {
          const located = locate(configuration.files, span);
          expect(located.span.start).toBeLessThanOrEqual(located.span.end);
          expect(located.span.end).toBeLessThanOrEqual(located.source.text.length);
        }
        expect(compareConfigurations(configuration, configuration)).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });
});

const corpus = join(import.meta.dirname, "../../../shared/corpus/pairs");

describe.skipIf(!existsSync(corpus))("real configurations", () => {
  it("have a reading in which every place is a place of its file", () => {
    const names = readdirSync(corpus, { recursive: true, encoding: "utf8" }).filter((name) =>
      name.endsWith(".conf"),
    );
    let instances = 0;
    for (const name of names) {
      const main = sourceText(name, readFileSync(join(corpus, name), "utf8"));
      for (const instance of readConfiguration(main).instances) {
        instances += 1;
        for (const [keyword, span] of instance.lines) {
          // A word of a definition has the span of what it stands for.
          const line = main.text.slice(span.start, span.end);
          if (!line.includes("$") && !line.startsWith("@")) expect(line).toContain(keyword);
        }
      }
    }
    expect(instances).toBeGreaterThan(names.length / 2);
  });
});
