// A small complete haproxy.cfg for the examples of rules about HAProxy: a runtime socket, one frontend, one checked server.

/** What an example says otherwise than the sound file does. */
export interface ExampleHaproxy {
  /** Lines of `global`. */
  readonly globals?: readonly string[];
  /** What stands behind `bind`. */
  readonly bind?: string;
  /** Further lines of the frontend. */
  readonly lines?: readonly string[];
  /** What stands behind `server`, for each one. */
  readonly servers?: readonly string[];
}

/** The line that gives HAProxy a runtime socket. */
export const EXAMPLE_SOCKET = "stats socket /run/haproxy/admin.sock mode 660 level admin";

/** haproxy.cfg with the frontend `web` and the backend `app`. */
export function exampleHaproxy(values: ExampleHaproxy = {}): string {
  const { globals = [EXAMPLE_SOCKET], bind = "*:80", lines = [] } = values;
  const { servers = ["app1 192.0.2.21:8080 check"] } = values;
  const sections: Readonly<Record<string, readonly string[]>> = {
    global: globals,
    defaults: ["mode http", "timeout connect 1s", "timeout client 30s", "timeout server 30s"],
    "frontend web": [`bind ${bind}`, ...lines, "default_backend app"],
    "backend app": servers.map((server) => `server ${server}`),
  };
  return Object.entries(sections)
    .map(([header, own]) => [header, ...own.map((line) => `    ${line}`), ""].join("\n"))
    .join("\n");
}
