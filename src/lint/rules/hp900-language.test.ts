// What public pairs have that keepalived complains of: which of it harms, and which does not.

import { describe, expect, it } from "vitest";
import { sourceText } from "../../diagnostics/index.ts";
import { lintNodes } from "../index.ts";

function file(state: string, priority: number, ...more: string[]): string {
  return `global_defs {
    router_id lb
    script_user root
    enable_script_security
}
vrrp_script chk_haproxy {
    script "/usr/bin/curl -fsS -m 1 http://127.0.0.1:8404/health"
    interval 2
    timeout 1
    weight -5
}
vrrp_instance LB_VIP {
    state ${state}
    interface eth0
    virtual_router_id 77
    priority ${priority}
    advert_int 1
    authentication {
        auth_type PASS
        auth_pass k3yw0rd
    }
    virtual_ipaddress {
        192.0.2.10
    }
    track_script {
        chk_haproxy
    }
}
${more.join("\n")}
`;
}

function lint(change: (text: string) => string): {
  errors: string[];
  warnings: string[];
  sentences: string[];
} {
  const { diagnostics } = lintNodes([
    { name: "lb1", main: sourceText("lb1.conf", change(file("MASTER", 101))) },
    { name: "lb2", main: sourceText("lb2.conf", change(file("BACKUP", 100))) },
  ]);
  const of = (severity: string): string[] => [
    ...new Set(diagnostics.filter((each) => each.severity === severity).map((each) => each.code)),
  ];
  return {
    errors: of("error"),
    warnings: of("warning"),
    sentences: diagnostics.map((each) => `${each.code} ${each.message} ${each.consequence ?? ""}`),
  };
}

describe("what harms nothing is a warning at most", () => {
  const globals =
    (...lines: string[]) =>
    (text: string) =>
      text.replace("    router_id lb\n", lines.map((line) => `    ${line}\n`).join(""));

  it("zeroes that CentOS installs, where zero is the default", () => {
    const { errors, warnings } = lint(globals("vrrp_garp_interval 0", "vrrp_gna_interval 0"));
    expect(errors).toEqual([]);
    expect(warnings).toContain("HP907");
    expect(lint(globals("vrrp_garp_interval x")).errors).toEqual(["HP907"]);
  });

  it("an empty list of recipients", () => {
    const { errors, warnings } = lint(globals("notification_email {", "}"));
    expect(errors).toEqual([]);
    expect(warnings).toContain("HP907");
  });

  it("lines of old tutorials", () => {
    expect(lint(globals("lvs_id haproxy_DH"))).toMatchObject({ errors: [] });
    const server = `virtual_server 192.0.2.10 80 {
    delay_loop 6
    lb_algo rr
    lb_kind DR
    nat_mask 255.255.255.0
    persistence_timeout 0
    protocol TCP
    real_server 192.0.2.31 80 {
        TCP_CHECK {
            connect_timeout 3
            nb_get_retry 3
        }
    }
}`;
    const { errors, warnings } = lint((text) => text + server);
    expect(errors).toEqual([]);
    expect(warnings).toEqual(expect.arrayContaining(["HP901", "HP907", "HP911"]));
    expect(lint((text) => text + server.replace("real_server", "real_sever")).errors).toContain("HP901");
  });

  it("a byte order mark in front of a comment, and what stands behind an address", () => {
    expect(lint((text) => `\uFEFF! first\n${text}`).errors).toEqual([]);
    expect(lint((text) => text.replace("192.0.2.10", "192.0.2.10 //the VIP"))).toMatchObject({ errors: [] });
    expect(lint((text) => text.replace("192.0.2.10", "192.0.2.10 192.0.2.11")).errors).toEqual(["HP907"]);
    expect(lint((text) => text.replace("192.0.2.10", "192.0.2.10\n        192.0.2.300/24")).errors).toEqual([
      "HP907",
    ]);
    for (const open of ["192.0.2.x/24", "10.xx.1xx1.xxx/28", "[virtual_ip]/24"]) {
      expect(lint((text) => text.replace("192.0.2.10", `192.0.2.10\n        ${open}`)).errors).toEqual([]);
    }
  });

  it("an auth_type in small letters on every node, which leaves all without authentication", () => {
    const small = (text: string): string => text.replace("auth_type PASS", "auth_type pass");
    expect(lint(small).errors).toEqual([]);
    expect(lint((text) => (text.includes("MASTER") ? small(text) : text)).errors).toEqual(["HP321"]);
  });

  it("peers that may be reached by translated addresses", () => {
    const unicast = (text: string): string =>
      text.replace(
        "    advert_int 1\n",
        `    advert_int 1\n    unicast_src_ip 10.0.0.${text.includes("MASTER") ? "1" : "2"}\n    unicast_peer {\n        PEER\n    }\n`,
      );
    const peers = (one: string, other: string) => (text: string) =>
      unicast(text).replace("PEER", text.includes("MASTER") ? one : other);
    expect(lint(peers("203.0.113.2", "203.0.113.1"))).toMatchObject({ errors: [] });
    expect(lint(peers("10.0.0.3", "10.0.0.1")).errors).toEqual(["HP301"]);
  });

  it("words of DPVS", () => {
    const group = "local_address_group laddr {\n    192.0.2.40\n}\n";
    expect(lint((text) => group + text).errors).toEqual([]);
  });

  it("a brace that is missing at the end of the file, or one too many there", () => {
    expect(lint((text) => text.trimEnd().replace(/\}$/, ""))).toMatchObject({ errors: [] });
    expect(lint((text) => `${text}}\n`)).toMatchObject({ errors: [] });
    expect(lint((text) => text.replace("    track_script", "    }\n    track_script")).errors).toContain(
      "HP902",
    );
  });

  it("an interval of a tracked process", () => {
    const process = "vrrp_track_process haproxy {\n    process haproxy\n    interval 10\n}\n";
    const tracked = "    track_process {\n        haproxy\n    }\n    track_script";
    expect(lint((text) => process + text.replace("    track_script", tracked)).errors).toEqual([]);
  });
});

describe("a template", () => {
  it("is judged by what it says, with its places taken for words", () => {
    const fill = (text: string): string =>
      text
        .replace("interface eth0", "interface {{IFACE}}")
        .replace("virtual_router_id 77", "virtual_router_id {{ vrid }}")
        .replace("192.0.2.10", "{{ vip }}/{{ prefix | default(24) }}")
        .replace("k3yw0rd", "{{ keepalived_password }}");
    const { errors, warnings, sentences } = lint(fill);
    expect(errors).toEqual([]);
    expect(warnings).toContain("HP912");
    expect(warnings).not.toContain("HP320");
    expect(sentences.join("\n")).toContain("{{IFACE}} is a place to be filled in");
    expect(sentences.join("\n")).not.toContain("%@");
    expect(lint((text) => fill(text).replace("priority 101", "priority 150")).errors).toEqual(["HP109"]);
  });

  it("with conditions in an instance leaves the instance open", () => {
    const conditional = "{% if backup %}\n    nopreempt\n{% endif %}\n    priority";
    expect(lint((text) => text.replace("    priority", conditional)).errors).toEqual([]);
  });

  it("may have variables of a shell", () => {
    const fill = (text: string): string =>
      text.replace("interface eth0", "interface ${IFACE}").replace("192.0.2.10", "${VIP}/24");
    expect(lint(fill).errors).toEqual([]);
    expect(lint((text) => fill(text).replace("${IFACE}", "{$IFACE}")).errors).toEqual([]);
  });

  it("may have a placeholder that is too long for an interface", () => {
    expect(lint((text) => text.replace("eth0", "CHANGE_ME_INTERFACE")).errors).toEqual([]);
  });
});

describe("an owner of the address", () => {
  it("that loses a weighted check is an error, and a warning without one", () => {
    const owner = (text: string): string => text.replace("priority 101", "priority 255");
    expect(lint(owner).errors).toEqual(["HP105"]);
    expect(lint((text) => owner(text).replace("    weight -5\n", ""))).toMatchObject({ errors: [] });
  });
});

describe("a password that is cut", () => {
  it("is an error where the nodes then differ, and a warning where they lose the same", () => {
    const cut = (text: string): string => text.replace("k3yw0rd", "k3y#w0rd");
    expect(lint(cut)).toMatchObject({ errors: [] });
    expect(lint(cut).warnings).toContain("HP324");
    expect(lint((text) => (text.includes("MASTER") ? cut(text) : text)).errors).toEqual(
      expect.arrayContaining(["HP321", "HP324"]),
    );
  });
});

describe("one file for all nodes", () => {
  it("is each node once, however often it is given", () => {
    const main = sourceText(
      "all.conf",
      file("BACKUP", 100).replace("priority 100", "@lb1 priority 101\n@lb2 priority 100"),
    );
    const inputs = ["lb1", "lb2"].map((name) => ({ name, main, configId: name }));
    expect(lintNodes([...inputs, ...inputs]).diagnostics).toEqual(lintNodes(inputs).diagnostics);
  });
});
