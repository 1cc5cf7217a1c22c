// Where the agent is found on a node: its unit, its control socket, its program and its log, for whoever asks it from outside.

export const agentPlace = {
  unit: "hapair-agent",
  controlSocket: "/run/hapair-agent/control.sock",
  node: "/usr/bin/node",
  program: "/usr/local/lib/hapair/hapair-agent.mjs",
  stateDirectory: "/var/lib/hapair-agent",
} as const;
