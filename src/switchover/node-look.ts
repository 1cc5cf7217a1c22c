// Reads what a node said to the look before a move. Rule: what was not said is not guessed; every list and text is bounded, and fit for a terminal.

import { plainLine } from "./plain-line.ts";

/** An open connection of a VIP, as the node's kernel tells it. */
export interface OpenConnection {
  /** The VIP and its port. */
  readonly local: string;
  /** The client. */
  readonly peer: string;
}

export interface NodeLook {
  /** Why the drain path cannot be opened here; absent: it can. */
  readonly noDrainPath?: string;
  /** Whether a priority can be lifted for the moment of a move. */
  readonly boosts: boolean;
  readonly service: { readonly answers: boolean; readonly text: string };
  /** HAProxy listens on UDP: QUIC connections do not outlive a move. */
  readonly quic: boolean;
  readonly connections: readonly OpenConnection[];
  /** VIPs whose connections still end here, after they have left. */
  readonly draining: readonly string[];
}

/** Connections that are told apart; beyond it they are only counted. */
export const CONNECTIONS_READ_MAX = 200_000;

const LISTENERS_READ_MAX = 16;
const DRAINING_READ_MAX = 256;
const TEXT_LENGTH_MAX = 200;

/** Reads {@link lookScript}'s answer. */
export function readLook(text: string): NodeLook {
  const of = (key: string): string[] =>
    text.split("\n").flatMap((line) => (line.startsWith(`${key}\t`) ? [line.slice(key.length + 1)] : []));
  const able = plainLine(of("able")[0] ?? "the node did not say whether it can", TEXT_LENGTH_MAX);
  return {
    ...(able === "" ? {} : { noDrainPath: able }),
    boosts: of("boosts")[0] === "yes",
    service: serviceOf(of("listener").slice(0, LISTENERS_READ_MAX)),
    quic: of("quic").length > 0,
    connections: readConnections(of("connection").join("\n")),
    draining: of("draining").slice(0, DRAINING_READ_MAX),
  };
}

/** `192.0.2.7:51000`, `[2001:db8::7]:51000`; a socket bound to an interface has its name behind the address. */
const ENDPOINT = /^(?:[\d.]+|\[[\da-f:.]+\])(?:%[\w.-]+)?:\d{1,5}$/;

/** Lines of `LOCAL PEER`; anything else is no connection. */
export function readConnections(text: string): OpenConnection[] {
  return text.split("\n", CONNECTIONS_READ_MAX).flatMap((line) => {
    const [local, peer] = line.trim().split(/\s+/);
    return ENDPOINT.test(local ?? "") && ENDPOINT.test(peer ?? "")
      ? [{ local: local ?? "", peer: peer ?? "" }]
      : [];
  });
}

/** curl's word for "nobody there". */
const CURL_REFUSED = 7;

/** `PORT bound` or `PORT EXIT HTTP-STATUS CONNECT-SECONDS`, a line per listener. One that takes no connection is enough to say no. */
function serviceOf(listeners: readonly string[]): NodeLook["service"] {
  if (listeners.length === 0)
    return { answers: false, text: "it listens on no port that clients could reach" };
  const read = listeners.map((line) => {
    const [port = "", exit = "", status = "000", connectS = "0"] = plainLine(line, TEXT_LENGTH_MAX).split(
      " ",
    );
    if (exit === "bound") return { port, answers: true, text: `listens on the VIP's port ${port}` };
    const connected = Number(connectS) > 0 && Number(exit) !== CURL_REFUSED;
    const said = status === "000" ? "takes connections" : `HTTP ${status}`;
    return {
      port,
      answers: connected,
      text: connected ? `port ${port} ${said}` : `port ${port} takes no connection (curl exit ${exit})`,
    };
  });
  const silent = read.filter(({ answers }) => !answers);
  return {
    answers: silent.length === 0,
    text: (silent.length === 0 ? read : silent).map(({ text }) => text).join(", "),
  };
}
