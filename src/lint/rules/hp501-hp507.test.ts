// The rules on what keepalived executes and whom it tells: what each says, and what it passes over.

import { describe, expect, it } from "vitest";
import { sourceText } from "../../diagnostics/index.ts";
import { exampleNode } from "../examples/example-instance.ts";
import { type LintNodeInput, lintedNode } from "../node.ts";
import { virtualRouters } from "../routers.ts";
import type { Finding, Rule } from "../rule.ts";
import { rule as hp501 } from "./hp501-script-security-off.ts";
import { rule as hp502 } from "./hp502-script-user-missing.ts";
import { rule as hp503 } from "./hp503-smtp-alert-nowhere.ts";
import { rule as hp504 } from "./hp504-notify-runs-service.ts";
import { rule as hp505 } from "./hp505-reload-unchecked.ts";
import { rule as hp506 } from "./hp506-nobody-told.ts";
import { rule as hp507 } from "./hp507-notify-argument-as-user.ts";

function ask(rule: Rule, inputs: readonly LintNodeInput[]): Finding[] {
  const nodes = inputs.map((input) => lintedNode(input, "2.2.7"));
  return [...rule.check({ nodes, routers: virtualRouters(nodes), version: "2.2.7" })];
}

function findings(rule: Rule, text: string, scripts: Readonly<Record<string, string>> = {}): Finding[] {
  const read = new Map(Object.entries(scripts).map(([path, script]) => [path, sourceText(path, script)]));
  return ask(rule, [{ name: "lb1", main: sourceText("lb1.conf", text), surroundings: { scripts: read } }]);
}

function messages(rule: Rule, text: string, scripts: Readonly<Record<string, string>> = {}): string[] {
  return findings(rule, text, scripts).map((finding) => finding.message);
}

const globals = (text: string, ...lines: string[]): string =>
  text.replace(/global_defs \{[^}]*\}/, `global_defs {\n${lines.join("\n")}\n}`);

const withLines = (...lines: string[]): string => exampleNode(0, { lines });

describe("HP501 script-security-off", () => {
  it("says what runs as whom", () => {
    expect(messages(hp501, globals(exampleNode(0)))).toEqual([
      "lb1: no enable_script_security, and chk_haproxy runs as root (unless a user keepalived_script exists)",
    ]);
    expect(messages(hp501, globals(withLines("notify /etc/a.sh"), "script_user root"))).toEqual([
      "lb1: no enable_script_security, and chk_haproxy and notify run as root",
    ]);
  });

  it("is silent where another user runs them, or nothing runs", () => {
    expect(messages(hp501, globals(exampleNode(0), "script_user checker"))).toEqual([]);
    const own = exampleNode(0, { script: ["user checker"] });
    expect(messages(hp501, globals(own))).toEqual([]);
    const unwatched = exampleNode(0).replace(/ *track_script \{[^}]*\}/, "");
    expect(messages(hp501, globals(unwatched))).toEqual([]);
    expect(messages(hp501, exampleNode(0))).toEqual([]);
  });

  it("knows the user of a notify line", () => {
    const text = withLines('notify_master "/etc/a.sh x" checker').replace(/ *track_script \{[^}]*\}/, "");
    expect(messages(hp501, globals(text))).toEqual([]);
    expect(messages(hp501, globals(text.replace("checker", "root"))).join()).toContain("runs as root");
  });
});

describe("HP502 script-user-missing", () => {
  it("is about scripts without a user of their own", () => {
    expect(messages(hp502, globals(exampleNode(0), "enable_script_security"))).toEqual([
      "lb1: enable_script_security without script_user: chk_haproxy runs only if there is a user keepalived_script",
    ]);
    const own = exampleNode(0, { script: ["user root"] });
    expect(messages(hp502, globals(own, "enable_script_security"))).toEqual([]);
  });

  it("says another consequence where only notify scripts are lost", () => {
    const text = withLines("notify /etc/a.sh").replace(/ *track_script \{[^}]*\}/, "");
    const [found] = findings(hp502, globals(text, "enable_script_security"));
    expect(found?.consequence).toContain("nobody is told");
  });
});

describe("HP503 smtp-alert-nowhere", () => {
  const mail = ["notification_email {\nops@example.net\n}", "smtp_server 192.0.2.25"];
  const asking = withLines("smtp_alert");
  const withMail = (...lines: string[]): string =>
    asking.replace("global_defs {", `global_defs {\n${lines.join("\n")}`);

  it("names what is missing", () => {
    expect(messages(hp503, asking)).toEqual([
      "lb1: smtp_alert is on, and there is no smtp_server and no notification_email",
    ]);
    expect(messages(hp503, withMail(mail[0] ?? ""))).toEqual([
      "lb1: smtp_alert is on, and there is no smtp_server",
    ]);
    expect(messages(hp503, withMail(...mail))).toEqual([]);
  });

  it("knows where it is switched on and off", () => {
    const global = exampleNode(0).replace("global_defs {", "global_defs {\nsmtp_alert on");
    expect(messages(hp503, global)).toHaveLength(1);
    expect(messages(hp503, withLines("smtp_alert off"))).toEqual([]);
    const overruled = withLines("smtp_alert off").replace("global_defs {", "global_defs {\nsmtp_alert on");
    expect(messages(hp503, overruled)).toEqual([]);
    expect(messages(hp503, exampleNode(0))).toEqual([]);
  });
});

describe("HP504 notify-runs-service", () => {
  it.each([
    ['notify_master "/usr/bin/systemctl start haproxy"', "notify_master runs start on haproxy"],
    ['notify_backup "systemctl stop haproxy.service"', "notify_backup runs stop on haproxy"],
    ['notify_backup "/etc/init.d/haproxy stop"', "notify_backup runs stop on haproxy"],
    ['notify_master "service nginx restart"', "notify_master runs restart on nginx"],
    [`notify_master "/bin/sh -c 'systemctl start haproxy'"`, "notify_master runs start on haproxy"],
  ])("reads %s", (line, told) => {
    expect(messages(hp504, withLines(line))).toEqual([`lb1: ${told}`]);
  });

  it("reads a script that is given, and guesses nothing of one that is not", () => {
    const text = withLines("notify /etc/keepalived/tell.sh");
    const script = '#!/bin/sh\ncase "$3" in\nMASTER) systemctl start haproxy ;;\nesac\n';
    expect(messages(hp504, text, { "/etc/keepalived/tell.sh": script })).toEqual([
      "lb1: notify runs start on haproxy",
    ]);
    expect(messages(hp504, text)).toEqual([]);
    expect(messages(hp504, withLines("notify /etc/keepalived/start_haproxy.sh"))).toEqual([]);
  });

  it.each([
    'notify_master "/usr/bin/systemctl reload haproxy"',
    'notify_master "/usr/bin/systemctl start conntrackd"',
    'notify_master "/usr/bin/systemctl status haproxy"',
  ])("takes %s", (line) => {
    expect(messages(hp504, withLines(line))).toEqual([]);
  });
});

describe("HP505 and HP506", () => {
  it("are off unless asked for", () => {
    expect([hp505.optional, hp506.optional]).toEqual([true, true]);
    expect(messages(hp505, exampleNode(0))).toEqual(["lb1: no reload_check_config"]);
  });

  it("know what tells of a FAULT", () => {
    expect(messages(hp506, withLines("notify_master /etc/a.sh"))).toHaveLength(1);
    expect(messages(hp506, withLines("notify_fault /etc/a.sh"))).toEqual([]);
    expect(messages(hp506, withLines("smtp_alert"))).toEqual([]);
    const fifo = exampleNode(0).replace("global_defs {", "global_defs {\nvrrp_notify_fifo /run/vrrp");
    expect(messages(hp506, fifo)).toEqual([]);
  });
});

describe("HP507 notify-argument-as-user", () => {
  it("tells arguments from users", () => {
    expect(messages(hp507, withLines("notify_master /etc/a.sh MASTER"))).toHaveLength(1);
    expect(messages(hp507, withLines("notify_backup /etc/a.sh --quiet"))).toHaveLength(1);
    expect(messages(hp507, withLines("notify /etc/a.sh haproxy haproxy"))).toEqual([]);
    expect(messages(hp507, withLines('notify_master "/etc/a.sh MASTER" root'))).toEqual([]);
  });
});
