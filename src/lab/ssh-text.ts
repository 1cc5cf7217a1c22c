// How OpenSSH reaches the hosts of a lab: a configuration and a list of known hosts of the lab's own.
// Rule: pure. Nothing of the operator's own configuration, keys or agent takes part, and no unknown key is ever accepted.
import { sudoLogin } from "./image-recipe.ts";
import { addressesOf, type LabNode, type LabSpec } from "./lab-spec.ts";
import type { LabLayout } from "./layout.ts";

/** The user that logs in on a host. */
export function loginUser(node: LabNode): string {
  return node.login === "root" ? "root" : sudoLogin.user;
}

/** An ssh_config in which every host is known by its name and by each of its addresses. */
export function sshConfig(spec: LabSpec, layout: LabLayout): string {
  const hosts = spec.nodes.map((node) => {
    const names = [node.name, ...addressesOf(node).map(({ address }) => address)];
    return `Host ${names.join(" ")}
  HostName ${addressesOf(node)[0]?.address ?? node.name}
  HostKeyAlias ${node.name}
  User ${loginUser(node)}
`;
  });
  return `# The hosts of lab ${spec.name}; made by hapair. They are reached from the lab's client only.
${hosts.join("\n")}
Host *
  IdentityFile ${layout.privateKey}
  IdentitiesOnly yes
  IdentityAgent none
  PreferredAuthentications publickey
  UserKnownHostsFile ${layout.knownHosts}
  GlobalKnownHostsFile /dev/null
  StrictHostKeyChecking yes
  ConnectTimeout 10
`;
}

/** known_hosts for host keys given by node name; `publicKey` is the content of a .pub file. */
export function knownHosts(keys: readonly { readonly node: string; readonly publicKey: string }[]): string {
  return keys
    .map(({ node, publicKey }) => `${node} ${publicKey.split(" ").slice(0, 2).join(" ").trim()}\n`)
    .join("");
}
