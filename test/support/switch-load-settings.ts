// What a load consists of, as data. Pure. The defaults are the load that a switchover has to carry without a break; a test on a small machine names smaller numbers.

export interface LoadSettings {
  /** Where everything goes: the VIP. */
  readonly address: string;
  readonly tcpPort: number;
  readonly httpPort: number;
  readonly tlsPort: number;
  /** The same seed draws the same lives. */
  readonly seed: number;
  /** Nodes' names, to be recognised in x-served-by. */
  readonly nodes: readonly string[];
  /** Long connections. `livesS`: how long each lives, drawn between the two; absent: as long as the load. */
  readonly tcp: StreamSettings;
  readonly websocket: StreamSettings & { readonly tls: boolean };
  /** New TLS connections with one request each, half of them HTTP/1.1 and half HTTP/2. */
  readonly newRequestsPerS: number;
  /** Connections that are kept for some requests and then closed. */
  readonly kept: {
    readonly http1: number;
    readonly http2: number;
    readonly requestsPerS: number;
    readonly livesS: LivesS;
  };
  readonly polls: { readonly count: number; readonly seconds: number };
  /** 0 bytes: none. */
  readonly download: TransferSettings;
  readonly upload: TransferSettings;
  /** How long the end waits for transfers that are under way. */
  readonly transferWaitS: number;
}

export type LivesS = readonly [fewest: number, most: number];

export interface StreamSettings {
  readonly connections: number;
  readonly messagesPerS: number;
  readonly livesS?: LivesS;
}

export interface TransferSettings {
  readonly bytes: number;
  readonly bytesPerS: number;
  /** Begin another when one has ended. */
  readonly repeat: boolean;
}

const SHORT_LIVES_S: LivesS = [1, 40];

export const LOAD_DEFAULTS: Omit<LoadSettings, "address"> = {
  tcpPort: 7000,
  httpPort: 80,
  tlsPort: 443,
  seed: 1,
  nodes: [],
  tcp: { connections: 200, messagesPerS: 10 },
  websocket: { connections: 50, messagesPerS: 1, tls: true },
  newRequestsPerS: 500,
  kept: { http1: 20, http2: 20, requestsPerS: 1, livesS: SHORT_LIVES_S },
  polls: { count: 10, seconds: 10 },
  download: { bytes: 1_000_000_000, bytesPerS: 40_000_000, repeat: false },
  upload: { bytes: 500_000_000, bytesPerS: 20_000_000, repeat: false },
  transferWaitS: 120,
};

/** The same load with connections that all end by themselves within 40 s: what a roll with a drain of 60 s has to carry. */
export const SHORT_LIVED: Pick<LoadSettings, "tcp" | "websocket" | "download" | "upload"> = {
  tcp: { ...LOAD_DEFAULTS.tcp, livesS: SHORT_LIVES_S },
  websocket: { ...LOAD_DEFAULTS.websocket, livesS: SHORT_LIVES_S },
  download: { bytes: 100_000_000, bytesPerS: 10_000_000, repeat: true },
  upload: { bytes: 50_000_000, bytesPerS: 5_000_000, repeat: true },
};

const NOTHING = {
  tcp: { connections: 0, messagesPerS: 1 },
  websocket: { connections: 0, messagesPerS: 1, tls: false },
  newRequestsPerS: 0,
  kept: { http1: 0, http2: 0, requestsPerS: 1, livesS: SHORT_LIVES_S },
  polls: { count: 0, seconds: 1 },
  download: { bytes: 0, bytesPerS: 1, repeat: false },
  upload: { bytes: 0, bytesPerS: 1, repeat: false },
} as const satisfies Partial<LoadSettings>;

/** The load as two processes, so that a burst of handshakes does not make a long connection's message late: the new requests, and all the rest. */
export function splitLoad(settings: LoadSettings): readonly [requests: LoadSettings, rest: LoadSettings] {
  return [
    { ...settings, ...NOTHING, newRequestsPerS: settings.newRequestsPerS },
    { ...settings, newRequestsPerS: 0 },
  ];
}
