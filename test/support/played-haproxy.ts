// HAProxy as the agent sees it, played by the test: a runtime socket that answers `prompt` and looks, and a health address that answers 200.
// It answers, or goes silent and takes questions without a word, as a hung one does.

import { createServer as createHttpServer } from "node:http";
import { createServer, type Server, type Socket } from "node:net";

export interface PlayedHaproxy {
  /** Of the runtime socket; the health address goes on answering. */
  setAnswering(answering: boolean): void;
  /** Looks that were answered. */
  readonly looks: number;
  stop(): Promise<void>;
}

export interface PlayedHaproxyOptions {
  readonly socketPath: string;
  /** On 127.0.0.1. */
  readonly healthPort: number;
  readonly backends?: number;
  readonly serversPerBackend?: number;
}

const INFO = "Name: HAProxy\nVersion: 2.6.12\nPid: 4711\nStopping: 0\n";
/** HAProxy 2.6's; later versions have a few more. */
const COLUMNS =
  "pxname,svname,qcur,qmax,scur,smax,slim,stot,bin,bout,dreq,dresp,ereq,econ,eresp,wretr,wredis,status,weight,act,bck,chkfail,chkdown,lastchg,downtime,qlimit,pid,iid,sid,throttle,lbtot,tracked,type,rate,rate_lim,rate_max,check_status,check_code,check_duration,hrsp_1xx,hrsp_2xx,hrsp_3xx,hrsp_4xx,hrsp_5xx,hrsp_other,hanafail,req_rate,req_rate_max,req_tot,cli_abrt,srv_abrt,comp_in,comp_out,comp_byp,comp_rsp,lastsess,last_chk,last_agt,qtime,ctime,rtime,ttime,agent_status,agent_code,agent_duration,check_desc,agent_desc,check_rise,check_fall,check_health,agent_rise,agent_fall,agent_health,addr,cookie,mode,algo,conn_rate,conn_rate_max,conn_tot,intercepted,dcon,dses,wrew,connect,reuse,cache_lookups,cache_hits,srv_icur,src_ilim,qtime_max,ctime_max,rtime_max,ttime_max,eint,idle_conn_cur,safe_conn_cur,used_conn_cur,need_conn_est,uweight".split(
    ",",
  );

/** Listens until stopped. */
export async function startPlayedHaproxy(options: PlayedHaproxyOptions): Promise<PlayedHaproxy> {
  const answer = `${lookText(options)}\n> `;
  const sockets = new Set<Socket>();
  let answering = true;
  let looks = 0;
  const runtime = createServer((socket) => {
    socket.setEncoding("latin1");
    socket.on("data", (text: string) => {
      for (const line of text.split("\n").slice(0, -1)) {
        if (!answering) return;
        if (line === "prompt") socket.write("\n> ");
        else if (line.startsWith("show info")) {
          looks += 1;
          socket.write(answer);
        } else socket.write("Unknown command.\n\n> ");
      }
    });
  });
  const health = createHttpServer((_request, response) => response.writeHead(200).end("ok"));
  for (const server of [runtime, health] as const)
    server.on("connection", (socket: Socket) => {
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => sockets.delete(socket));
    });
  await listening(runtime, { path: options.socketPath });
  await listening(health, { host: "127.0.0.1", port: options.healthPort });
  return {
    setAnswering(now) {
      answering = now;
    },
    get looks() {
      return looks;
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      await Promise.all([closed(runtime), closed(health)]);
    },
  };
}

/** The answer to `show info;show stat` as versions before 3.2 give it, without its last prompt. */
export function lookText({
  backends = 1,
  serversPerBackend = 2,
}: Omit<PlayedHaproxyOptions, "socketPath" | "healthPort">): string {
  const rows = [row({ pxname: "web", svname: "FRONTEND", type: 0, status: "OPEN", slim: 2000 })];
  for (let backend = 1; backend <= backends; backend += 1) {
    const pxname = `web-${backend}`;
    for (let server = 1; server <= serversPerBackend; server += 1)
      rows.push(row({ pxname, svname: `server-${server}`, type: 2, status: "UP", check_status: "L7OK" }));
    rows.push(row({ pxname, svname: "BACKEND", type: 1, status: "UP" }));
  }
  return `${INFO}\n> # ${COLUMNS.join(",")},\n${rows.join("\n")}\n`;
}

/** A row of `show stat`; what is not given is a number. */
function row(values: Readonly<Record<string, string | number>>): string {
  const text = (column: string): string | number =>
    column === "check_status" || column === "tracked" ? "" : 100;
  return `${COLUMNS.map((column) => values[column] ?? (column === "qcur" ? 0 : text(column))).join(",")},`;
}

function listening(server: Server, where: { path: string } | { host: string; port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(where, () => resolve());
  });
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}
