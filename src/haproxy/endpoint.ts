// Addresses with ports as bind and server lines write them: `*:80`, `:80`, `[::]:80`, `:::80`, `ipv6@:443`, `10.0.0.1:8000-8010`.
// Rule: only what reaches an IP network; unix sockets, file descriptors and the like are undefined.

import ipaddr from "ipaddr.js";

/** As model's; said again here because the agent, which reads HAProxy too, knows no model. */
export type Family = 4 | 6;

export interface Endpoint {
  /** `*` for every address of the family, a literal address in canonical text, or a name. */
  readonly host: string;
  /** Absent where the host is a name. */
  readonly family?: Family;
  /** Absent: the line gives none, or one relative to the client's (`+100`). */
  readonly port?: number;
  /** The end of a port range; without one the port itself. */
  readonly lastPort?: number;
}

// What may stand before @ and still mean TCP or UDP over IP, with the family it asks for.
const PREFIX_FAMILIES: Readonly<Record<string, Family | undefined>> = {
  ipv4: 4,
  ipv6: 6,
  quic4: 4,
  quic6: 6,
  udp: undefined,
  udp4: 4,
  udp6: 6,
  mptcp: undefined,
  mptcp4: 4,
  mptcp6: 6,
  tcp: undefined,
  tcp4: 4,
  tcp6: 6,
  stream: undefined,
};

/** Reads one endpoint. The last colon parts the port, so an IPv6 address needs no brackets; without a colon there is no port. */
export function parseEndpoint(text: string): Endpoint | undefined {
  const at = text.indexOf("@");
  const prefix = at === -1 ? undefined : text.slice(0, at);
  if (prefix !== undefined && !Object.hasOwn(PREFIX_FAMILIES, prefix)) return undefined;
  const rest = text.slice(at + 1);
  if (rest === "" || rest.startsWith("/")) return undefined;
  const wanted = prefix === undefined ? undefined : PREFIX_FAMILIES[prefix];
  const colon = rest.endsWith("]") ? -1 : rest.lastIndexOf(":");
  const host = colon === -1 ? rest : rest.slice(0, colon);
  const ports = colon === -1 ? undefined : portsOf(rest.slice(colon + 1));
  return { ...hostOf(host, wanted), ...ports };
}

function hostOf(text: string, wanted: Family | undefined): Pick<Endpoint, "host" | "family"> {
  const host = text.replace(/^\[(.*)\]$/, "$1");
  if (host === "" || host === "*") return { host: "*", family: wanted ?? 4 };
  if (ipaddr.IPv4.isValidFourPartDecimal(host)) return { host: host === "0.0.0.0" ? "*" : host, family: 4 };
  if (host.includes(":") && ipaddr.IPv6.isValid(host)) {
    const canonical = ipaddr.IPv6.parse(host).toRFC5952String();
    return { host: canonical === "::" ? "*" : canonical, family: 6 };
  }
  return { host };
}

/** `80`, `8000-8010`; `+100`, `-1`, `0` and words give none. */
function portsOf(text: string): Pick<Endpoint, "port" | "lastPort"> {
  const [, first, last] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? [];
  const port = Number(first ?? 0);
  const lastPort = Number(last ?? port);
  return port >= 1 && lastPort >= port && lastPort <= 65_535 ? { port, lastPort } : {};
}
