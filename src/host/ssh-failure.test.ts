// Why a login failed, told from texts as OpenSSH 9.2 and sudo 1.9 printed them; each error names the node and says what to do.
import { describe, expect, it } from "vitest";
import { sshFailure, sshLost } from "./ssh-failure.ts";

const KEY_CHANGED = `@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
IT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!
Someone could be eavesdropping on you right now (man-in-the-middle attack)!
It is also possible that a host key has just been changed.
The fingerprint for the ED25519 key sent by the remote host is
SHA256:yDoA4USzq6CwDvxOXfT/64+7qyQ4l/NyF2SXwnxB1lc.
Please contact your system administrator.
Add correct host key in /home/ops/.ssh/known_hosts to get rid of this message.
Offending ED25519 key in /home/ops/.ssh/known_hosts:17
  remove with:
  ssh-keygen -f "/home/ops/.ssh/known_hosts" -R "lb1.example"
Host key for lb1.example has changed and you have requested strict checking.
Host key verification failed.
`;

interface Case {
  readonly said: string;
  readonly exitCode?: number;
  readonly gaveUpAfterMs?: number;
  readonly code: string;
  readonly what: RegExp;
}

const CASES: readonly Case[] = [
  {
    said: "ssh: Could not resolve hostname lb1.example: Temporary failure in name resolution\n",
    code: "host-unreachable",
    what: /the name lb1\.example cannot be resolved/u,
  },
  {
    said: "ssh: Could not resolve hostname lb1.example: Name or service not known\n",
    code: "host-unreachable",
    what: /resolved/u,
  },
  {
    said: "ssh: connect to host 192.0.2.11 port 22: Connection refused\n",
    code: "host-unreachable",
    what: /nothing listens/u,
  },
  {
    said: "ssh: connect to host 192.0.2.11 port 22: No route to host\n",
    code: "host-unreachable",
    what: /no way there.*no route/u,
  },
  {
    said: "ssh: connect to host 192.0.2.11 port 22: Network is unreachable\n",
    code: "host-unreachable",
    what: /network is unreachable/u,
  },
  {
    said: "ssh: connect to host 198.51.100.9 port 22: Invalid argument\n",
    code: "host-unreachable",
    what: /no way there/u,
  },
  {
    said: "ssh: connect to host 192.0.2.11 port 22: Connection timed out\n",
    code: "host-unreachable",
    what: /no answer/u,
  },
  {
    said: "Connection timed out during banner exchange\nConnection to 192.0.2.11 port 22 timed out\n",
    code: "host-unreachable",
    what: /accepts the connection and then says nothing/u,
  },
  {
    said: "kex_exchange_identification: Connection closed by remote host\nConnection closed by 192.0.2.11 port 22\n",
    code: "host-unreachable",
    what: /ended the connection before the login/u,
  },
  {
    said: "kex_exchange_identification: read: Connection reset by peer\nConnection reset by 192.0.2.11 port 22\n",
    code: "host-unreachable",
    what: /ended the connection before the login/u,
  },
  {
    said: "channel 0: open failed: connect failed: Connection refused\nstdio forwarding failed\nkex_exchange_identification: Connection closed by remote host\n",
    code: "host-unreachable",
    what: /jump host .*Connection refused/u,
  },
  {
    said: '"System is booting up. Unprivileged users are not permitted to log in yet. Please come back later."\nConnection closed by 192.0.2.11 port 22\n',
    code: "host-unreachable",
    what: /starting or going down/u,
  },
  { said: KEY_CHANGED, code: "host-key", what: /not the one in line 17 of \/home\/ops\/\.ssh\/known_hosts/u },
  { said: "Host key verification failed.\n", code: "host-key", what: /not known on this machine/u },
  {
    said: "No ED25519 host key is known for lb1.example and you have requested strict checking.\nHost key verification failed.\n",
    code: "host-key",
    what: /not known on this machine/u,
  },
  {
    said: "ops@192.0.2.11: Permission denied (publickey).\n",
    code: "host-login",
    what: /refused \(the machine accepts: publickey\)/u,
  },
  {
    said: "Received disconnect from 192.0.2.11 port 22:2: Too many authentication failures\nDisconnected from 192.0.2.11 port 22\n",
    code: "host-login",
    what: /login was refused/u,
  },
  {
    said: "This account is currently not available.\n",
    exitCode: 1,
    code: "host-login",
    what: /not available/u,
  },
  {
    said: "sudo: a password is required\n",
    exitCode: 1,
    code: "host-sudo",
    what: /may not become root \(sudo: a password is required\)/u,
  },
  {
    said: "sudo: unable to resolve host lb1: Name or service not known\nsudo: a password is required\n",
    exitCode: 1,
    code: "host-sudo",
    what: /a password is required/u,
  },
  {
    said: "sudo: a terminal is required to read the password\n",
    exitCode: 1,
    code: "host-sudo",
    what: /terminal/u,
  },
  { said: "ops is not in the sudoers file.\n", exitCode: 1, code: "host-sudo", what: /sudoers/u },
  {
    said: "Sorry, user ops is not allowed to execute '/usr/bin/timeout' as root on lb1.\n",
    exitCode: 1,
    code: "host-sudo",
    what: /not allowed to execute/u,
  },
  { said: "sh: 1: exec: sudo: not found\n", exitCode: 127, code: "host-sudo", what: /sudo: not found/u },
  {
    said: "bash: line 1: exec: sudo: not found\n",
    exitCode: 127,
    code: "host-sudo",
    what: /sudo: not found/u,
  },
  {
    said: "command-line: line 0: Bad configuration option: nonsense\n",
    code: "host-unreachable",
    what: /does not take its configuration/u,
  },
  {
    said: "Can't open user config file /x: No such file or directory\n",
    code: "host-unreachable",
    what: /configuration/u,
  },
  {
    said: "Bad owner or permissions on /home/ops/.ssh/config\n",
    code: "host-unreachable",
    what: /configuration \(Bad owner or permissions on \/home\/ops\/\.ssh\/config\)/u,
  },
  {
    said: "Unable to negotiate with 192.0.2.11 port 22: no matching host key type found. Their offer: ssh-rsa\n",
    code: "host-unreachable",
    what: /no method in common/u,
  },
  { said: "", gaveUpAfterMs: 5_000, code: "host-unreachable", what: /no shell within 5 s/u },
  {
    said: "a banner\n",
    gaveUpAfterMs: 5_000,
    code: "host-unreachable",
    what: /no shell within 5 s \(a banner\)/u,
  },
  { said: "", exitCode: 1, code: "host-unreachable", what: /exit code 1/u },
  { said: "sh: timeout: not found\n", exitCode: 127, code: "host-unreachable", what: /timeout: not found/u },
];

describe("sshFailure", () => {
  it.each(CASES)("$said", ({ said, exitCode = 255, gaveUpAfterMs, code, what }) => {
    const error = sshFailure({
      name: "extlb-01",
      destination: { user: "ops", host: "lb1.example", port: 2222 },
      said,
      exitCode,
      ...(gaveUpAfterMs === undefined ? {} : { gaveUpAfterMs }),
    });
    expect(error).toMatchObject({ kind: "unreachable", code });
    expect(error.message).toMatch(what);
    expect(error.message).toMatch(/^extlb-01 \(ssh to ops@lb1\.example port 2222\): /u);
    expect(error.hint).toBeTruthy();
    expect(`${error.message} ${error.hint}`).not.toMatch(
      /StrictHostKeyChecking|UserKnownHostsFile|\/dev\/null/u,
    );
  });

  it("gives the commands to type, with port and configuration", () => {
    const destination = { host: "lb1.example" };
    const changed = sshFailure({ name: "n", destination, said: KEY_CHANGED, exitCode: 255 });
    expect(changed.hint).toMatch(
      /fingerprint.*only if.*ssh-keygen -f "\/home\/ops\/\.ssh\/known_hosts" -R "lb1\.example"$/u,
    );
    const unknown = sshFailure({
      name: "n",
      destination: { ...destination, port: 2222 },
      configFile: "/etc/my ssh/config",
      said: "Host key verification failed.\n",
      exitCode: 255,
    });
    expect(unknown.hint).toContain("ssh -F '/etc/my ssh/config' -p 2222 lb1.example");
    const sudo = sshFailure({
      name: "n",
      destination: { user: "ops", host: "h" },
      said: "sudo: a password is required\n",
      exitCode: 1,
    });
    expect(sudo.hint).toContain("ops ALL=(root) NOPASSWD: ALL");
  });
});

describe("sshLost", () => {
  it("says that nobody knows how far the command came", () => {
    const evidence = { name: "n", destination: { host: "h" }, said: "", exitCode: 255 };
    expect(sshLost(evidence)).toMatchObject({
      code: "host-unreachable",
      message: expect.stringContaining("not known"),
    });
    expect(sshLost({ ...evidence, gaveUpAfterMs: 2_000 })).toMatchObject({
      code: "host-timeout",
      message: expect.stringMatching(/within 2 s.*not known/u),
    });
  });
});
