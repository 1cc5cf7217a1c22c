// HP416: /dev/tcp is a thing of bash, and the check runs in another shell.

import type { KeepalivedScript } from "../../keepalived/index.ts";
import { programName, unwrapped } from "../checks/check-command.ts";
import { exampleCheck } from "../examples/example-check.ts";
import { placeOfScript, readingOf, trackedScripts } from "../checks/node-checks.ts";
import type { Finding, Rule } from "../rule.ts";
import type { LintedNode, LintSubject } from "../subject.ts";

export const rule: Rule = {
  code: "HP416",
  name: "dev-tcp-needs-bash",
  severity: "error",
  scope: "node",
  versions: "same",
  summary:
    "/dev/tcp/HOST/PORT outside bash: Debian's /bin/sh has no such thing, and the check always fails there",
  explanation: `There is no file /dev/tcp: bash itself opens a connection for a redirection of that name. A script line that begins with < is given to /bin/sh, as is a text behind sh -c. Where /bin/sh is dash (Debian, Ubuntu) it finds no such file and the check always fails; where it is bash (the RHEL family) it connects.`,
  source: "lib/notify.c check_script_secure, cmd_str_r (2.2.7); bash(1), Redirection; dash(1)",
  bad: { lb1: exampleCheck({ script: '"</dev/tcp/127.0.0.1/8404"' }) },
  good: { lb1: exampleCheck({ script: `"/bin/bash -c '</dev/tcp/127.0.0.1/8404'"` }) },
  check: findDeviceChecks,
};

function* findDeviceChecks(subject: LintSubject): Generator<Finding> {
  for (const node of subject.nodes) {
    for (const script of trackedScripts(node)) {
      const reading = readingOf(node, script);
      const device = reading?.deeds.find(
        (deed) => deed.program.includes("/dev/tcp/") || deed.program.includes("/dev/udp/"),
      );
      if (device === undefined || !runsInSh(node, script)) continue;
      const end =
        script.weight === 0
          ? `${node.name} stays in FAULT and never holds the VIP`
          : "its weight counts as failed on every node, and it never moves the VIP";
      yield {
        message: `${node.name}: ${script.name} opens ${device.program.replace(/^</, "")}, and /bin/sh runs it`,
        at: placeOfScript(node, script),
        consequence: `where /bin/sh is dash (Debian, Ubuntu) there is no such file and the check always fails: ${end}`,
        advice:
          "/bin/bash -c '</dev/tcp/HOST/PORT', or nc -z HOST PORT; better, curl --fail, which asks for an answer",
      };
    }
  }
}

function runsInSh(node: LintedNode, script: KeepalivedScript): boolean {
  const command = unwrapped(script.command ?? []);
  const [first = ""] = command;
  if (first.startsWith("<")) return true;
  const shell = programName(first);
  if (shell === "sh" || shell === "dash" || shell === "ash") return true;
  const text = node.surroundings.scripts.get(first)?.text ?? "";
  return /^#!\s*(?:\S*\/)?(?:env\s+)?(?:\S*\/)?(?:sh|dash|ash)\b/.test(text);
}
