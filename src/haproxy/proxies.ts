// What haproxy.cfg says about where clients come in and where they go: frontends with their binds, servers with their addresses.
// Rule: a value that a section does not have comes from its defaults, as HAProxy takes them.

import type { Span } from "../diagnostics/index.ts";
import { type Family, parseEndpoint } from "./endpoint.ts";
import { type HaproxyLine, type HaproxySection, readSections } from "./sections.ts";

export interface HaproxyBind {
  /** `*` (every address of the family) or an IP address. */
  readonly address: string;
  readonly family: Family;
  readonly port: number;
  /** The end of a port range; else the port. */
  readonly lastPort: number;
  readonly ssl: boolean;
  /** An IPv6 wildcard takes IPv4 as well where it is not told `v6only` (with Linux's default for net.ipv6.bindv6only). */
  readonly bothFamilies: boolean;
  /** `transparent`: the address may be one that the machine does not have. */
  readonly transparent: boolean;
  readonly span: Span;
}

export interface HaproxyFrontend {
  readonly name: string;
  /** A `listen` section is frontend and backend in one. */
  readonly kind: "frontend" | "listen";
  readonly mode: "http" | "tcp";
  readonly binds: readonly HaproxyBind[];
  readonly defaultBackend?: string;
  readonly span: Span;
}

export interface HaproxyServer {
  /** The backend or listen section it stands in. */
  readonly backend: string;
  readonly name: string;
  /** An IP address in canonical text, or a host name. */
  readonly address: string;
  /** Absent: the address is a name. */
  readonly family?: Family;
  /** Absent: the port the client asked for. */
  readonly port?: number;
  readonly span: Span;
}

/** The frontend and listen sections in the order of the file. Disabled ones open no port and are left out; so are binds to unix sockets and names. */
export function readFrontends(text: string): HaproxyFrontend[] {
  const frontends: HaproxyFrontend[] = [];
  forEachProxy(readSections(text), (section, inherited) => {
    if ((section.kind !== "frontend" && section.kind !== "listen") || section.name === undefined) return;
    const settings = settingsOf(section, inherited);
    if (settings.disabled === true) return;
    frontends.push({
      name: section.name,
      kind: section.kind,
      mode: settings.mode === "http" ? "http" : "tcp",
      binds: linesOf(section, "bind").flatMap(readBind),
      ...(settings.defaultBackend === undefined ? {} : { defaultBackend: settings.defaultBackend }),
      span: section.span,
    });
  });
  return frontends;
}

/** The servers of all backend and listen sections in the order of the file; those behind unix sockets are left out. */
export function readServers(text: string): HaproxyServer[] {
  return readSections(text).flatMap((section) => {
    const { kind, name } = section;
    if ((kind !== "backend" && kind !== "listen") || name === undefined) return [];
    return linesOf(section, "server").flatMap((line) => readServer(name, line));
  });
}

/** What a section may hand on. A missing mode is tcp. */
export interface Settings {
  mode?: string;
  defaultBackend?: string;
  disabled?: boolean;
  /** What default-server lines say of `check`. */
  checked?: boolean;
}

/** Calls `visit` with each section that is not `defaults` and with what it inherits: the defaults it names, else the last ones before it. */
export function forEachProxy(
  sections: readonly HaproxySection[],
  visit: (section: HaproxySection, inherited: Settings) => void,
): void {
  const named = new Map<string, Settings>();
  let last: Settings = {};
  for (const section of sections) {
    const from = section.from === undefined ? undefined : (named.get(section.from) ?? {});
    if (section.kind === "defaults") {
      // New defaults start from nothing, unless they name others.
      last = settingsOf(section, from ?? {});
      if (section.name !== undefined) named.set(section.name, last);
    } else {
      visit(section, from ?? last);
    }
  }
}

function settingsOf(section: HaproxySection, inherited: Settings): Settings {
  const settings = { ...inherited };
  for (const { keyword, arguments: words } of section.lines) {
    const [first] = words;
    if (keyword.value === "mode" && first !== undefined) settings.mode = first.value;
    else if (keyword.value === "default_backend" && first !== undefined)
      settings.defaultBackend = first.value;
    else if (keyword.value === "disabled" || keyword.value === "enabled")
      settings.disabled = keyword.value === "disabled";
    else if (keyword.value === "default-server") {
      const checked = checkedBy(words.map((word) => word.value));
      if (checked !== undefined) settings.checked = checked;
    }
  }
  return settings;
}

// Options of a server line whose value could be the word check.
const SERVER_OPTIONS_WITH_NAMES = new Set([
  "cookie",
  "id",
  "namespace",
  "proto",
  "alpn",
  "sni",
  "pool-conn-name",
]);

/** Whether these options of a server have its health looked at; undefined where they do not say. */
export function checkedBy(options: readonly string[]): boolean | undefined {
  let checked: boolean | undefined;
  for (const [index, option] of options.entries()) {
    if (SERVER_OPTIONS_WITH_NAMES.has(options[index - 1] ?? "")) continue;
    // A server with `track` has the state of another one that is checked.
    if (option === "check" || option === "agent-check" || option === "track") checked = true;
    else if (option === "no-check") checked = false;
  }
  return checked;
}

function linesOf(section: HaproxySection, keyword: string): HaproxyLine[] {
  return section.lines.filter((line) => line.keyword.value === keyword);
}

// Options of a bind line whose value could be the word ssl or v6only.
const OPTIONS_WITH_NAMES = new Set([
  "name",
  "id",
  "interface",
  "namespace",
  "user",
  "group",
  "crt",
  "proto",
  "alpn",
]);

function readBind({ arguments: [addresses, ...options], span }: HaproxyLine): HaproxyBind[] {
  if (addresses === undefined) return [];
  const words = options.map((word) => word.value);
  const has = (option: string): boolean =>
    words.some((word, index) => word === option && !OPTIONS_WITH_NAMES.has(words[index - 1] ?? ""));
  return addresses.value.split(",").flatMap((text) => {
    const endpoint = parseEndpoint(text);
    if (endpoint?.family === undefined || endpoint.port === undefined) return [];
    const { host: address, family, port, lastPort = port } = endpoint;
    // QUIC is TLS without being told.
    const ssl = has("ssl") || text.startsWith("quic");
    return [
      {
        address,
        family,
        port,
        lastPort,
        ssl,
        bothFamilies: family === 6 && address === "*" && !has("v6only"),
        transparent: has("transparent"),
        span,
      },
    ];
  });
}

function readServer(backend: string, { arguments: [name, address], span }: HaproxyLine): HaproxyServer[] {
  const endpoint = address === undefined ? undefined : parseEndpoint(address.value);
  if (name === undefined || endpoint === undefined) return [];
  const { host, family, port } = endpoint;
  return [
    {
      backend,
      name: name.value,
      address: host,
      ...(family === undefined ? {} : { family }),
      ...(port === undefined ? {} : { port }),
      span,
    },
  ];
}
