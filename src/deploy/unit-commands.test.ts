import { describe, expect, it } from "vitest";
import { unitCommands } from "./unit-commands.ts";

const fragment = {
  path: "/lib/systemd/system/haproxy.service",
  text: `[Unit]
Description=HAProxy
ExecStart=/not/in/service
[Service]
Environment="CONFIG=/etc/haproxy/haproxy.cfg" "EXTRAOPTS=-S /run/haproxy-master.sock"
ExecStart=/usr/sbin/haproxy -Ws -f $CONFIG \\
  # a comment between
  -p $PIDFILE $EXTRAOPTS
ExecReload=/usr/sbin/haproxy -Ws -f $CONFIG -c -q $EXTRAOPTS
ExecReload=/bin/kill -USR2 $MAINPID
[Install]
WantedBy=multi-user.target
`,
};

describe("unitCommands", () => {
  it("reads the fragment's lists, continued lines joined", () => {
    expect(unitCommands([fragment])).toEqual({
      execStart: ["/usr/sbin/haproxy -Ws -f $CONFIG -p $PIDFILE $EXTRAOPTS"],
      execReload: ["/usr/sbin/haproxy -Ws -f $CONFIG -c -q $EXTRAOPTS", "/bin/kill -USR2 $MAINPID"],
    });
  });

  it("honours other people's drop-ins: an empty assignment forgets the list, a further one adds to it", () => {
    const replaced = {
      path: "/etc/systemd/system/haproxy.service.d/10-site.conf",
      text: "[Service]\nExecStart=\nExecStart=/opt/haproxy -Ws -f /srv/a.cfg\n",
    };
    const added = {
      path: "/etc/systemd/system/haproxy.service.d/20-more.conf",
      text: "[Service]\nExecReload=/bin/true\n",
    };
    expect(unitCommands([fragment, replaced, added])).toEqual({
      execStart: ["/opt/haproxy -Ws -f /srv/a.cfg"],
      execReload: [
        "/usr/sbin/haproxy -Ws -f $CONFIG -c -q $EXTRAOPTS",
        "/bin/kill -USR2 $MAINPID",
        "/bin/true",
      ],
    });
  });
});
