// Which servers HAProxy looks at: one without `check` counts as up for ever, whatever happens to it (configuration manual, 5.2 check).

import type { Span } from "../diagnostics/index.ts";
import { checkedBy, forEachProxy } from "./proxies.ts";
import type { HaproxySection } from "./sections.ts";

export interface CheckedServer {
  /** The backend or listen section it stands in. */
  readonly backend: string;
  readonly name: string;
  /** How many servers the line makes: 1, or those of a server-template. */
  readonly count: number;
  /** By its own options, or by default-server before it. */
  readonly checked: boolean;
  /** Out of service from the start. */
  readonly disabled: boolean;
  readonly span: Span;
}

/** Every server of every backend and listen section, in the order of the file; also those behind unix sockets. */
export function readCheckedServers(sections: readonly HaproxySection[]): CheckedServer[] {
  const servers: CheckedServer[] = [];
  forEachProxy(sections, ({ kind, name: backend, lines }, inherited) => {
    if ((kind !== "backend" && kind !== "listen") || backend === undefined) return;
    let byDefault = inherited.checked ?? false;
    for (const { keyword, arguments: words, span } of lines) {
      const [name, second, ...rest] = words.map((word) => word.value);
      if (keyword.value === "default-server") {
        byDefault = checkedBy(words.map((word) => word.value)) ?? byDefault;
      } else if ((keyword.value === "server" || keyword.value === "server-template") && name !== undefined) {
        const count = keyword.value === "server" ? 1 : countOf(second ?? "");
        servers.push({
          backend,
          name,
          count,
          checked: checkedBy(rest) ?? byDefault,
          disabled: rest.includes("disabled"),
          span,
        });
      }
    }
  });
  return servers;
}

/** `5` is five, `3-7` as well. */
function countOf(range: string): number {
  const [, first, last] = /^(\d+)(?:-(\d+))?$/.exec(range) ?? [];
  if (first === undefined) return 1;
  return last === undefined ? Number(first) : Math.max(1, Number(last) - Number(first) + 1);
}
