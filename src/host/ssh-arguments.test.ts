// The argument vector of ssh, and the remote command in words that any login shell understands.
import { describe, expect, it } from "vitest";
import { remoteCommand, sshArguments, typedDestination } from "./ssh-arguments.ts";

const base = { controlPath: "/run/user/1000/hapair-ssh/0a1b-%C", connectTimeoutMs: 5_000 };

describe("sshArguments", () => {
  it("honours the user's configuration but for what would break or weaken", () => {
    expect(sshArguments({ ...base, destination: { host: "lb1" } }).join(" ")).toMatchInlineSnapshot(
      `"-o BatchMode=yes -o ConnectTimeout=4 -o ConnectionAttempts=1 -o ServerAliveInterval=5 -o ServerAliveCountMax=3 -o ControlMaster=auto -o ControlPath="/run/user/1000/hapair-ssh/0a1b-%C" -o ControlPersist=60 -o LogLevel=INFO -o RequestTTY=no -o RemoteCommand=none -o PermitLocalCommand=no -o ClearAllForwardings=yes -o ForwardAgent=no -o ForwardX11=no -o EscapeChar=none -- lb1"`,
    );
  });

  it("gives user, port and configuration only where they are given, and takes no host for an option", () => {
    const full = sshArguments({
      ...base,
      configFile: "/x/config",
      destination: { user: "ops", host: "-oProxyCommand=x", port: 2222 },
    });
    expect(full.slice(0, 2)).toEqual(["-F", "/x/config"]);
    expect(full.slice(-6)).toEqual(["-l", "ops", "-p", "2222", "--", "-oProxyCommand=x"]);
  });

  it.each([
    [400, "1"],
    [1_000, "1"],
    [2_000, "1"],
    [2_500, "2"],
    [5_000, "4"],
    [10_000, "9"],
  ])("lets ssh give up before we do: %i ms", (connectTimeoutMs, seconds) => {
    expect(sshArguments({ ...base, connectTimeoutMs, destination: { host: "h" } })).toContain(
      `ConnectTimeout=${seconds}`,
    );
  });
});

describe("remoteCommand", () => {
  const command = ["timeout", "30", "sh", "-c", 'eval "$(head -c 12)"'];

  it("becomes root where the login is not", () => {
    expect(remoteCommand(command, "direct")).toBe(`exec timeout 30 sh -c 'eval "$(head -c 12)"'`);
    expect(remoteCommand(command, "sudo")).toBe(`exec sudo -n timeout 30 sh -c 'eval "$(head -c 12)"'`);
    expect(remoteCommand(command, "unknown")).toBe(
      `exec sh -c 'if [ "$(id -u)" = 0 ]; then exec timeout 30 sh -c '\\''eval "$(head -c 12)"'\\''; else exec sudo -n timeout 30 sh -c '\\''eval "$(head -c 12)"'\\''; fi'`,
    );
  });
});

describe("typedDestination", () => {
  it("is what a person types after ssh", () => {
    expect(typedDestination({ host: "lb1" })).toBe("lb1");
    expect(typedDestination({ user: "ops", host: "lb1", port: 2222 }, "/x y/config")).toBe(
      "-F '/x y/config' -p 2222 ops@lb1",
    );
  });
});
