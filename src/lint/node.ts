// A node's files read into what rules look at.

import type { SourceText } from "../diagnostics/index.ts";
import { readFrontends, readSections, readServers } from "../haproxy/index.ts";
import { readConfiguration } from "../keepalived/index.ts";
import { templateText } from "./facts/template-text.ts";
import type { LintedNode, NodeSurroundings } from "./subject.ts";

export interface LintNodeInput {
  /** As messages call it. */
  readonly name: string;
  readonly main: SourceText;
  /** The files an `include` line stands for; undefined: nobody can say. */
  readonly resolveInclude?: (pattern: string, fromFile: string) => readonly SourceText[] | undefined;
  /** What `@name` conditions are compared with. */
  readonly configId?: string;
  readonly haproxy?: SourceText;
  readonly surroundings?: Partial<NodeSurroundings>;
}

/** The node as `version` of keepalived reads its files. */
export function lintedNode(input: LintNodeInput, version: string): LintedNode {
  const { name, main, resolveInclude, configId, haproxy, surroundings } = input;
  const { source, written } = templateText(main);
  return {
    name,
    ...(written.size === 0 && source === main ? {} : { template: { main, written } }),
    configuration: readConfiguration(source, {
      version,
      ...(configId === undefined ? {} : { configId }),
      ...(resolveInclude === undefined ? {} : { resolveInclude }),
    }),
    ...(haproxy === undefined
      ? {}
      : {
          haproxy: {
            source: haproxy,
            sections: readSections(haproxy.text),
            frontends: readFrontends(haproxy.text),
            servers: readServers(haproxy.text),
          },
        }),
    surroundings: { nonlocalBind: "unknown", scripts: new Map(), ...surroundings },
  };
}
