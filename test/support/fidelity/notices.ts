// What is seen of a node while a case runs: keepalived's notices, its log, its checks' runs, and the kernel's word of addresses, each with its time of arrival.
// Rule: the FIFOs are opened for reading and writing and never waited on in a thread, so a line is here when the event loop is, and no end of keepalived
// ends them.

import { constants, openSync } from "node:fs";
import { Socket } from "node:net";
import { type FidelityInstance, NODE_INTERFACE, nodeFiles, type RouterState } from "./case.ts";
import { ADDRESSES_FIFO, LOG_FIFO, type NodeGround } from "./ground.ts";

export interface NoticeSink {
  onState(instance: string, state: RouterState): void;
  onHolding(instance: string, holds: boolean): void;
  onCheckRun(check: string): void;
  /** The run that began last ends with a result. */
  onCheckEnd(check: string): void;
  onLog(text: string): void;
}

export interface NoticeReader {
  stop(): void;
}

/** No line of these sources is nearly as long; a longer one is cut. */
const LINE_MAX_CHARACTERS = 10_000;

/** Follows everything that a node says, until stopped. */
export async function readNotices(
  ground: NodeGround,
  instances: readonly FidelityInstance[],
  sink: NoticeSink,
): Promise<NoticeReader> {
  const sockets = [
    followFifo(ground.path(nodeFiles.notices), (line) => readNotice(line, sink)),
    followFifo(ground.path(LOG_FIFO), (line) => sink.onLog(withoutDate(line))),
    followFifo(ground.path(ADDRESSES_FIFO), (line) => readAddress(line, instances, sink)),
  ];
  await ground.shell.run(
    `ip -o -4 monitor address dev ${NODE_INTERFACE} >${ground.root}${ADDRESSES_FIFO} 2>&1 &`,
  );
  return {
    stop: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
}

function followFifo(path: string, onLine: (line: string) => void): Socket {
  const descriptor = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  const socket = new Socket({ fd: descriptor, readable: true, writable: false });
  let rest = "";
  socket.setEncoding("utf8").on("data", (piece: string) => {
    const lines = (rest + piece).split("\n");
    rest = (lines.pop() ?? "").slice(0, LINE_MAX_CHARACTERS);
    for (const line of lines) onLine(line);
  });
  socket.on("error", () => undefined);
  return socket;
}

/** `INSTANCE "one" MASTER 101`, or `CHECK a` and `CHECKED a` of the check program; notices of groups and of other events are passed over. */
function readNotice(line: string, sink: NoticeSink): void {
  const check = /^CHECK (\S+)$/.exec(line)?.[1];
  if (check !== undefined) return sink.onCheckRun(check);
  const checked = /^CHECKED (\S+)$/.exec(line)?.[1];
  if (checked !== undefined) return sink.onCheckEnd(checked);
  const [, instance, state] = /^INSTANCE "([^"]*)" (MASTER|BACKUP|FAULT|STOP) \d+$/.exec(line) ?? [];
  if (instance !== undefined && state !== undefined) sink.onState(instance, state as RouterState);
}

/** `2: eth0    inet 10.77.0.100/32 scope global eth0`, with `Deleted` before it where an address went. */
function readAddress(line: string, instances: readonly FidelityInstance[], sink: NoticeSink): void {
  const [, deleted, address] = /^(Deleted )?\d+: \S+\s+inet (\S+) /.exec(line) ?? [];
  const instance = instances.find(({ vip }) => vip === address);
  if (instance !== undefined) sink.onHolding(instance.name, deleted === undefined);
}

/** keepalived begins each line of a console log with the date. */
function withoutDate(line: string): string {
  return line.replace(/^\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}: /, "");
}
