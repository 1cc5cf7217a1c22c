// Why ssh did not bring us into a machine as root, told from what ssh, the login shell and sudo said before the script began.
// Rule: a table of texts as OpenSSH prints them; each entry says what is wrong and what to do, and none says to switch a check off.
import { HapairError } from "../base/index.ts";
import { lastLines } from "./process.ts";
import { type SshDestination, typedDestination } from "./ssh-arguments.ts";

/** What is known of a command that never began, or broke. */
export interface SshEvidence {
  /** The node's name. */
  readonly name: string;
  readonly destination: SshDestination;
  readonly configFile?: string;
  /** Standard error before the begin mark. */
  readonly said: string;
  readonly exitCode: number;
  /** We ended ssh because nothing was heard of the script's begin, or of its end, for that long. */
  readonly gaveUpAfterMs?: number;
}

interface Explanation {
  readonly code: "host-unreachable" | "host-key" | "host-login" | "host-sudo";
  readonly what: string;
  readonly hint: string;
}

interface KnownFailure {
  readonly said: RegExp;
  readonly explain: (match: RegExpExecArray, evidence: SshEvidence) => Explanation;
}

/** Tried from the top; the first that matches explains. */
const KNOWN_FAILURES: readonly KnownFailure[] = [
  {
    said: /REMOTE HOST IDENTIFICATION HAS CHANGED/u,
    explain: (_, evidence) => {
      const line = /Offending (?:\S+ )?key(?: for \S+)? in (.+):(\d+)/u.exec(evidence.said);
      const remove = /ssh-keygen -f .+ -R .+/u.exec(evidence.said)?.[0];
      const where = line === null ? "known_hosts" : `line ${line[2]} of ${line[1]}`;
      return {
        code: "host-key",
        what: `its host key is not the one in ${where}: either the machine was installed anew, or another machine answers at its address`,
        hint: `compare the fingerprint on the machine's own console (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub); only if the machine is the right one, remove the old line${remove === undefined ? "" : `: ${remove}`}`,
      };
    },
  },
  {
    said: /Host key verification failed|host key is known for/u,
    explain: (_, evidence) => ({
      code: "host-key",
      what: "its host key is not known on this machine",
      hint: `connect once by hand (ssh ${typed(evidence)}), compare the fingerprint with ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub on the machine's console, and accept it`,
    }),
  },
  {
    said: /Could not resolve hostname ([^:\s]+)/u,
    explain: (match) => ({
      code: "host-unreachable",
      what: `the name ${match[1]} cannot be resolved here`,
      hint: "check the node's `ssh:` in the pair file, and this machine's name resolution",
    }),
  },
  {
    said: /not permitted to log in yet|pam_nologin|System is (?:booting up|going down)/u,
    explain: () => ({
      code: "host-unreachable",
      what: "the machine is starting or going down and lets nobody in",
      hint: "wait until it is up, then try again",
    }),
  },
  {
    said: /stdio forwarding failed|channel \d+: open failed: (?:connect failed|administratively prohibited)[^\n]*/u,
    explain: (match) => ({
      code: "host-unreachable",
      what: `the jump host of your ssh configuration could not reach it (${match[0]})`,
      hint: "check the address as the jump host sees it, and that the machine runs sshd",
    }),
  },
  {
    said: /Connection refused/u,
    explain: () => ({
      code: "host-unreachable",
      what: "the machine answers, but nothing listens on that port (connection refused)",
      hint: "check that sshd runs there (systemctl status ssh), the port, and a firewall that rejects",
    }),
  },
  {
    said: /No route to host|Network is unreachable|Invalid argument/u,
    explain: (match) => ({
      code: "host-unreachable",
      what: `no way there from this machine (${match[0].toLowerCase()})`,
      hint: "check that the machine is up, its address, and this machine's routes",
    }),
  },
  {
    said: /timed out during banner exchange/u,
    explain: () => ({
      code: "host-unreachable",
      what: "it accepts the connection and then says nothing",
      hint: "the machine or its sshd hangs (look at its console), or something else than sshd listens on that port",
    }),
  },
  {
    said: /(?:Connection|Operation) timed out|Connection to .+ timed out/u,
    explain: () => ({
      code: "host-unreachable",
      what: "no answer",
      hint: "check that the machine is up, its address, and a firewall that drops port 22 on the way",
    }),
  },
  {
    said: /Permission denied(?: \(([^)]*)\))?|Too many authentication failures/u,
    explain: (match, evidence) => ({
      code: "host-login",
      what: `the login was refused${match[1] === undefined ? "" : ` (the machine accepts: ${match[1]})`}`,
      hint: `ssh ${typed(evidence)} must work without a question: check the user, and that its authorized_keys has one of your keys (ssh-add -l)`,
    }),
  },
  {
    said: /password (?:has )?expired|change your password|account (?:has )?expired|account is currently not available/iu,
    explain: (match, evidence) => ({
      code: "host-login",
      what: `the account cannot be used (${match[0]})`,
      hint: `log in by hand once (ssh ${typed(evidence)}) and mend the account`,
    }),
  },
  {
    said: /^sudo: (?!unable to resolve)[^\n]*|not in the sudoers file|not allowed to (?:execute|run)[^\n]*|sudo: (?:command )?not found/mu,
    explain: (match, evidence) => {
      const user = evidence.destination.user ?? "USER";
      return {
        code: "host-sudo",
        what: `the login works, but may not become root (${match[0]})`,
        hint: `log in as root, or add this line with "visudo -f /etc/sudoers.d/hapair" there: ${user} ALL=(root) NOPASSWD: ALL`,
      };
    },
  },
  {
    said: /Bad configuration option[^\n]*|Bad owner or permissions on[^\n]*|Can't open user config file[^\n]*/u,
    explain: (match) => ({
      code: "host-unreachable",
      what: `ssh does not take its configuration (${match[0]})`,
      hint: "mend that file; nothing was sent",
    }),
  },
  {
    said: /Unable to negotiate[^\n]*/u,
    explain: (match) => ({
      code: "host-unreachable",
      what: `both sides have no method in common (${match[0]})`,
      hint: "update the older of the two, or allow the method for this host in your ssh configuration",
    }),
  },
  {
    said: /Connection (?:closed|reset)(?: by [^\n]*)?|kex_exchange_identification[^\n]*|Broken pipe/u,
    explain: (match) => ({
      code: "host-unreachable",
      what: `it ended the connection before the login (${match[0]})`,
      hint: "check sshd's log there (journalctl -u ssh), a limit such as MaxStartups or fail2ban, and that sshd listens on that port",
    }),
  },
];

/** The error for a script that never began. */
export function sshFailure(evidence: SshEvidence): HapairError {
  const { name, destination, said, exitCode, gaveUpAfterMs } = evidence;
  const explanation = explain(evidence);
  return new HapairError({
    kind: "unreachable",
    code: explanation.code,
    message: `${name} (${destinationText(destination)}): ${explanation.what}`,
    hint: explanation.hint,
    cause: new Error(
      `ssh ${gaveUpAfterMs === undefined ? `ended with ${exitCode}` : `was ended after ${gaveUpAfterMs} ms`}: ${said.trim()}`,
    ),
  });
}

/** The error for a connection that broke, or fell silent beyond the command's time limit: nobody knows how far the script came. */
export function sshLost(evidence: SshEvidence): HapairError {
  const { gaveUpAfterMs } = evidence;
  const what =
    gaveUpAfterMs === undefined
      ? "the connection broke while a command ran"
      : `a command did not end within ${gaveUpAfterMs / 1_000} s, and nothing is heard from the machine`;
  return new HapairError({
    kind: "unreachable",
    code: gaveUpAfterMs === undefined ? "host-unreachable" : "host-timeout",
    message: `${evidence.name} (${destinationText(evidence.destination)}): ${what}; how far it came is not known`,
    hint: "check that the machine is up, then try again: what was done already is found and not done twice",
    cause: new Error(`ssh ended with ${evidence.exitCode}: ${evidence.said.trim()}`),
  });
}

/** `ops@lb1.example port 2222 by ssh`: where and how, for messages. */
export function destinationText({ user, host, port }: SshDestination): string {
  return `ssh to ${user === undefined ? host : `${user}@${host}`}${port === undefined ? "" : ` port ${port}`}`;
}

function explain(evidence: SshEvidence): Explanation {
  for (const known of KNOWN_FAILURES) {
    const match = known.said.exec(evidence.said);
    if (match !== null) return known.explain(match, evidence);
  }
  const said = lastLines(evidence.said);
  if (evidence.gaveUpAfterMs !== undefined) {
    return {
      code: "host-unreachable",
      what: `no shell within ${evidence.gaveUpAfterMs / 1_000} s${said === "" ? "" : ` (${said})`}`,
      hint: `nothing was run there; ssh -v ${typed(evidence)} shows what hangs: name resolution here, the network, or the machine`,
    };
  }
  return {
    code: "host-unreachable",
    what: `no shell there${said === "" ? ` (exit code ${evidence.exitCode})` : `: ${said}`}`,
    hint: `try by hand: ssh ${typed(evidence)} true`,
  };
}

function typed({ destination, configFile }: SshEvidence): string {
  return typedDestination(destination, configFile);
}
