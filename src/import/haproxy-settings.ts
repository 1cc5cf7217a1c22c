// HAProxy's part of pair.yaml: which haproxy.cfg, and a free port for hapair's health address.

import { sentenceList } from "../base/index.ts";
import { readFrontends } from "../haproxy/index.ts";
import type { NoteList } from "./note.ts";
import type { Setting } from "./pair-text.ts";
import type { NamedNode } from "./subject.ts";

const HEALTH_PORT = 8405;
const HEALTH_PORTS_TRIED = 20;

/** The settings under `haproxy`. `path`: of haproxy.cfg, as pair.yaml is to name it, where the user named one. */
export function haproxySettings(
  nodes: readonly NamedNode[],
  path: string | undefined,
  notes: NoteList,
): Setting[] {
  const config = path ?? "./haproxy.cfg";
  const at = ["haproxy"];
  if (path === undefined)
    notes.add({
      kind: "assumed",
      message: `No haproxy.cfg was named (--haproxy FILE): pair.yaml says ${config}, and it must be there before hapair can render.`,
      at,
    });
  const [first, ...others] = nodes.flatMap(({ name, haproxy }) =>
    haproxy === undefined ? [] : [{ name, haproxy }],
  );
  const differing = others.filter(({ haproxy }) => haproxy.text !== first?.haproxy.text);
  if (first !== undefined && differing.length > 0)
    notes.add({
      kind: "cannot-express",
      message: `haproxy.cfg of ${sentenceList(differing.map(({ name }) => name))} is not ${first.name}'s; pair.yaml has one for all nodes, ${first.name}'s (${config}).`,
    });
  const ports = new Set(
    nodes.flatMap(({ haproxy }) =>
      haproxy === undefined
        ? []
        : readFrontends(haproxy.text).flatMap(({ binds }) => binds.map(({ port }) => port)),
    ),
  );
  const free = Array.from({ length: HEALTH_PORTS_TRIED }, (_, index) => HEALTH_PORT + index).find(
    (port) => !ports.has(port),
  );
  return [
    { key: "config", value: config },
    ...(free === undefined || free === HEALTH_PORT ? [] : [{ key: "health", value: `127.0.0.1:${free}` }]),
  ];
}
