// The agent's unit. Rules: it may do what it needs and nothing else; however it ends, its opinion is withdrawn.

import { agentPaths, agentUser, nodePaths } from "./paths.ts";
import type { Platform } from "./platform.ts";

export interface AgentUnitOptions {
  /** Some route hands mail to the node's own mail program, which is setgid or setuid. */
  readonly usesSendmail: boolean;
}

// Not ProtectKernelTunables and ProtectControlGroups: in a container they hide the boot's id from journalctl, which then follows nothing
// (tried, systemd 252 in nspawn); and what they protect is root's, which the agent is not.
/** Takes nothing that a program with more rights than the agent could need. */
const SANDBOX_FOR_ALL = ["ProtectHome=yes", "PrivateTmp=yes", "KeyringMode=private"];

/** Each of these implies that no program the agent starts may get more rights, or takes rights that sendmail lives from. */
const SANDBOX_WITHOUT_SENDMAIL = [
  "NoNewPrivileges=yes",
  "CapabilityBoundingSet=",
  "PrivateDevices=yes",
  "ProtectKernelModules=yes",
  "ProtectKernelLogs=yes",
  "ProtectClock=yes",
  "ProtectHostname=yes",
  "RestrictNamespaces=yes",
  "RestrictRealtime=yes",
  "RestrictSUIDSGID=yes",
  "LockPersonality=yes",
  "RemoveIPC=yes",
  "SystemCallArchitectures=native",
  "SystemCallFilter=@system-service",
  "# What is not allowed fails; it does not kill, for Node tries calls that it can do without.",
  "SystemCallErrorNumber=EPERM",
  "# Netlink: ip monitor tells of addresses and links.",
  "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK",
  "# MemoryDenyWriteExecute cannot be set: V8 makes code as it runs.",
];

function sandbox({ usesSendmail }: AgentUnitOptions): string[] {
  if (usesSendmail) {
    return [
      "# A route goes through the node's own sendmail, which is setgid or setuid and writes its queue. So nothing stands here that implies",
      "# NoNewPrivileges, and the file system is read-only but for /var, /run and /tmp. With smtp in place of sendmail the agent is confined tightly.",
      "ProtectSystem=full",
      ...SANDBOX_FOR_ALL,
    ];
  }
  return [
    "ProtectSystem=strict",
    "# Its opinion; the other files in there are root's. Its state and runtime directories are writable by their own settings.",
    `ReadWritePaths=${nodePaths.watchDirectory}`,
    ...SANDBOX_FOR_ALL,
    ...SANDBOX_WITHOUT_SENDMAIL,
  ];
}

/** hapair-agent.service. */
export function renderAgentUnit(platform: Platform, options: AgentUnitOptions): string {
  const withdraw = `/bin/sh -c 'echo 0 > ${agentPaths.trafficFile}'`;
  return [
    "[Unit]",
    "Description=hapair's agent: alerts, traffic rules, history",
    "# It comes back however often it ends; the pair fails over without it meanwhile.",
    "StartLimitIntervalSec=0",
    "",
    "[Service]",
    "Type=notify",
    "# Its heartbeat comes from systemd-notify, a child of it.",
    "NotifyAccess=all",
    "# An agent whose loop stands still for this long is killed, so that its opinion is withdrawn below.",
    "WatchdogSec=3",
    "WatchdogSignal=SIGKILL",
    "TimeoutStartSec=10",
    "TimeoutStopSec=5",
    `User=${agentUser}`,
    `Group=${agentUser}`,
    "# To read the journal, and to ask HAProxy's runtime socket.",
    "SupplementaryGroups=systemd-journal haproxy",
    "# Its secrets are root's file; only this process gets them.",
    `LoadCredential=settings:${agentPaths.settings}`,
    "# Names that do not resolve may not hold up the log: both wait in the same pool of threads.",
    "Environment=UV_THREADPOOL_SIZE=8",
    "# However it ended, it gives no opinion: 0 lets this node hold the VIP as if there were no agent.",
    `ExecStartPre=${withdraw}`,
    `ExecStart=${platform.nodeProgram} --max-old-space-size=48 --max-semi-space-size=1 ${agentPaths.program} run \${CREDENTIALS_DIRECTORY}/settings`,
    `ExecStopPost=${withdraw}`,
    "Restart=always",
    "RestartSec=500ms",
    `StateDirectory=${agentPaths.stateDirectory.replace("/var/lib/", "")}`,
    "StateDirectoryMode=0700",
    "# Its control socket: for root, and for whom an administrator puts into the group.",
    `RuntimeDirectory=${agentPaths.runtimeDirectory.replace("/run/", "")}`,
    "RuntimeDirectoryMode=0750",
    "UMask=0077",
    "# Bounds: whatever goes wrong in it stays in it, and HAProxy and keepalived are the last that memory is taken from.",
    "MemoryMax=192M",
    "TasksMax=64",
    "LimitNOFILE=1024",
    "LimitCORE=0",
    "OOMScoreAdjust=500",
    ...sandbox(options),
    "",
    "[Install]",
    "WantedBy=multi-user.target",
    "",
  ].join("\n");
}
