// Reads what a node said to the look before a move. Rule: what was not said is not guessed; every list is bounded.

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
  readonly bootId: string;
  /** The maintenance note's line, unread. */
  readonly maintenance?: string;
}

/** Connections that are told apart; beyond it they are only counted. */
export const CONNECTIONS_READ_MAX = 200_000;

/** Reads {@link lookScript}'s answer. */
export function readLook(text: string): NodeLook {
  const of = (key: string): string[] =>
    text.split("\n").flatMap((line) => (line.startsWith(`${key}\t`) ? [line.slice(key.length + 1)] : []));
  const able = of("able")[0] ?? "the node did not say whether it can";
  const maintenance = of("maintenance")[0];
  return {
    ...(able === "" ? {} : { noDrainPath: able }),
    boosts: of("boosts")[0] === "yes",
    service: serviceOf(of("listener")),
    quic: of("quic").length > 0,
    connections: readConnections(of("connection").join("\n")),
    bootId: of("boot")[0] ?? "",
    ...(maintenance === undefined ? {} : { maintenance }),
  };
}

/** Lines of `LOCAL PEER`. */
export function readConnections(text: string): OpenConnection[] {
  return text.split("\n", CONNECTIONS_READ_MAX).flatMap((line) => {
    const [local, peer] = line.trim().split(/\s+/);
    return local === undefined || peer === undefined ? [] : [{ local, peer }];
  });
}

/** curl's word for "nobody there". */
const CURL_REFUSED = 7;

/** `PORT bound` or `PORT EXIT HTTP-STATUS CONNECT-SECONDS`, a line per listener. One that takes no connection is enough to say no. */
function serviceOf(listeners: readonly string[]): NodeLook["service"] {
  if (listeners.length === 0)
    return { answers: false, text: "it listens on no port that clients could reach" };
  const read = listeners.map((line) => {
    const [port = "", exit = "", status = "000", connectS = "0"] = line.split(" ");
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
