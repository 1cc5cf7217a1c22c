// Whom a command asks over the network: the address and port in the arguments of curl, nc, ping and their kind.
// Rule: an address that depends on a variable, a resolver's answer or a proxy is not told.

import { parseEndpoint } from "../../haproxy/index.ts";

export interface AskedAddress {
  /** An IP address in canonical text, or a name; absent where nobody knows. */
  readonly host?: string;
  /** Whether the host is a literal address. */
  readonly literal: boolean;
  readonly port?: number;
  readonly protocol: "http" | "tcp" | "icmp" | "other";
}

interface Arguments {
  /** Options by letter or long name, with their values ("" where they take none). */
  readonly options: ReadonlyMap<string, string>;
  readonly operands: readonly string[];
}

/** Splits arguments as getopt does; `letters` and `names` are the options that take a value. */
export function readArguments(
  words: readonly string[],
  letters: string,
  names: readonly string[] = [],
): Arguments {
  const options = new Map<string, string>();
  const operands: string[] = [];
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? "";
    if (word === "--") {
      operands.push(...words.slice(index + 1));
      break;
    }
    if (word.startsWith("--")) {
      const [name = "", ...value] = word.slice(2).split("=");
      if (value.length === 0 && names.includes(name)) {
        index += 1;
        options.set(name, words[index] ?? "");
      } else options.set(name, value.join("="));
    } else if (word.startsWith("-") && word.length > 1) {
      for (let place = 1; place < word.length; place += 1) {
        const letter = word.charAt(place);
        if (!letters.includes(letter)) {
          options.set(letter, "");
          continue;
        }
        const attached = word.slice(place + 1);
        if (attached === "") index += 1;
        options.set(letter, attached === "" ? (words[index] ?? "") : attached);
        break;
      }
    } else operands.push(word);
  }
  return { options, operands };
}

const CURL_LETTERS = "AbcCdDeEFHKmoPQrtTuUwxXyYz";
const CURL_NAMES = [
  ...[
    "output",
    "max-time",
    "connect-timeout",
    "header",
    "user",
    "write-out",
    "request",
    "data",
    "resolve",
    "interface",
  ],
  ...[
    "cacert",
    "cert",
    "key",
    "user-agent",
    "referer",
    "cookie",
    "retry",
    "retry-delay",
    "retry-max-time",
    "proxy",
  ],
  ...[
    "noproxy",
    "connect-to",
    "unix-socket",
    "abstract-unix-socket",
    "url",
    "dns-servers",
    "max-redirs",
    "config",
  ],
  ...[
    "data-binary",
    "data-raw",
    "json",
    "limit-rate",
    "speed-time",
    "speed-limit",
    "expect100-timeout",
    "ciphers",
  ],
];

/** curl's arguments, read. */
export function curlArguments(rest: readonly string[]): Arguments {
  return readArguments(rest, CURL_LETTERS, CURL_NAMES);
}

/** What a program with these arguments asks; undefined where it is none that asks. */
export function askedBy(program: string, rest: readonly string[]): AskedAddress | undefined {
  const read = Object.hasOwn(ASKING, program) ? ASKING[program] : undefined;
  return read?.(rest);
}

/** The address behind bash's /dev/tcp/HOST/PORT. */
export function addressOfDevice(path: string): AskedAddress | undefined {
  const [, host, port] = /^\/dev\/(?:tcp|udp)\/([^/\s]+)\/(\w+)/.exec(path) ?? [];
  return host === undefined ? undefined : addressOf(host, port, "tcp");
}

const UNKNOWN: AskedAddress = { literal: false, protocol: "other" };

const ASKING: Readonly<Record<string, (rest: readonly string[]) => AskedAddress | undefined>> = {
  curl: (rest) => {
    const { options, operands } = curlArguments(rest);
    // These send the request elsewhere than the URL says.
    const elsewhere = [
      "resolve",
      "connect-to",
      "unix-socket",
      "abstract-unix-socket",
      "x",
      "proxy",
      "K",
      "config",
    ];
    const urls = [...(options.has("url") ? [options.get("url") ?? ""] : []), ...operands];
    if (elsewhere.some((option) => options.has(option))) return { ...UNKNOWN, protocol: "http" };
    return ofUrls(urls);
  },
  wget: (rest) =>
    ofUrls(
      readArguments(rest, "aoOeiBtTwQUPDARIXlU", ["timeout", "tries", "output-document", "header"]).operands,
    ),
  nc: (rest) => ofHostAndPort(rest, "wqipsxXIOTMmV"),
  ncat: (rest) => ofHostAndPort(rest, "wqipsxXIOTgGcemdo"),
  netcat: (rest) => ofHostAndPort(rest, "wqipsxXIOTMmV"),
  telnet: (rest) => ofHostAndPort(rest, "abeklnSX"),
  ping: (rest) => ofHost(rest, "cWwiIsltmMpQST", "icmp"),
  ping6: (rest) => ofHost(rest, "cWwiIsltmMpQST", "icmp"),
  fping: (rest) => ofHost(rest, "cCtirpbBHIOQSTx", "icmp"),
  arping: (rest) => ofHost(rest, "cwiIs", "icmp"),
  socat: (rest) => {
    const remote = rest.find((word) => /^(?:tcp|udp|openssl|ssl)[46]?(?:-connect)?:/i.test(word));
    const local = rest.some((word) => word.startsWith("/") || /^unix/i.test(word));
    if (remote === undefined) return local ? { ...UNKNOWN, protocol: "other" } : undefined;
    const [host, port] = splitPort(remote.slice(remote.indexOf(":") + 1).split(",")[0] ?? "");
    return addressOf(host, port, "tcp");
  },
  openssl: (rest) => {
    const index = rest.indexOf("-connect");
    if (rest[0] !== "s_client" || index === -1) return undefined;
    const [host, port] = splitPort(rest[index + 1] ?? "");
    return addressOf(host, port, "tcp");
  },
  mysqladmin: (rest) => ofOption(rest, "hPuS", "h", "P"),
  mysql: (rest) => ofOption(rest, "hPueDS", "h", "P"),
  "redis-cli": (rest) => ofOption(rest, "hpanu", "h", "p"),
  pg_isready: (rest) => ofOption(rest, "hpUdt", "h", "p"),
  psql: (rest) => ofOption(rest, "hpUdcf", "h", "p"),
  haproxyctl: () => UNKNOWN,
};

function ofUrls(words: readonly string[]): AskedAddress {
  const [url] = words.filter((word) => word.includes("://")).concat(words.length === 1 ? words : []);
  const [, host, port] =
    /^(?:[a-z]+:\/\/)?(?:[^@/]*@)?(\[[^\]]*\]|[^:/?#]*)(?::(\w+))?/i.exec(url ?? "") ?? [];
  if (host === undefined || host === "") return { ...UNKNOWN, protocol: "http" };
  const usual = url?.startsWith("https:") === true ? "443" : "80";
  const protocol = /^(?!https?:)[a-z]+:\/\//i.test(url ?? "") ? "other" : "http";
  return addressOf(host, port ?? usual, protocol);
}

function ofHostAndPort(rest: readonly string[], letters: string): AskedAddress {
  const { operands } = readArguments(rest, letters);
  const [host, port] = operands;
  return host === undefined ? { ...UNKNOWN, protocol: "tcp" } : addressOf(host, port, "tcp");
}

function ofHost(rest: readonly string[], letters: string, protocol: "icmp"): AskedAddress {
  const { operands } = readArguments(rest, letters);
  const [host] = operands;
  return host === undefined || operands.length > 1
    ? { ...UNKNOWN, protocol }
    : addressOf(host, undefined, protocol);
}

function ofOption(
  rest: readonly string[],
  letters: string,
  hostLetter: string,
  portLetter: string,
): AskedAddress {
  const { options } = readArguments(rest, letters, ["host", "port", "socket"]);
  const host = options.get(hostLetter) ?? options.get("host");
  // Without a host they ask on the node itself.
  if (host === undefined) return { host: "localhost", literal: false, protocol: "tcp" };
  return addressOf(host, options.get(portLetter) ?? options.get("port"), "tcp");
}

function splitPort(text: string): [string, string | undefined] {
  const colon = text.lastIndexOf(":");
  return colon === -1 || text.endsWith("]")
    ? [text, undefined]
    : [text.slice(0, colon), text.slice(colon + 1)];
}

function addressOf(host: string, port: string | undefined, protocol: AskedAddress["protocol"]): AskedAddress {
  const number = port !== undefined && /^\d{1,5}$/.test(port) ? { port: Number(port) } : {};
  const bare = host.replace(/^\[(.*)\]$/, "$1");
  if (bare === "" || /[$`{}<>]/.test(bare)) return { literal: false, protocol, ...number };
  const endpoint = parseEndpoint(bare.includes(":") ? `[${bare}]` : bare);
  if (endpoint?.family === undefined || endpoint.host === "*")
    return { host: bare, literal: false, protocol, ...number };
  return { host: endpoint.host, literal: true, protocol, ...number };
}

/** Whether the address is the machine's own, on any machine. */
export function isLoopback(host: string): boolean {
  return (
    host === "localhost" ||
    /^127(?:\.\d+){1,3}$/.test(host) ||
    host === "::1" ||
    host === "0.0.0.0" ||
    host === "::"
  );
}
