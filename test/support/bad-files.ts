// The harness for tables of pair files with mistakes: the good files they start from, and what is asked of each.

import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { positionAt, renderDiagnostic } from "../../src/diagnostics/index.ts";
import { loadPair } from "../../src/model/index.ts";

export const GOOD = `pair: ext-lb
nodes:
  lb1: { address: 10.0.0.11, interface: eth0 }
  lb2: { address: 10.0.0.12, interface: eth0 }
vips: { web: 10.0.0.50/32 }
vrrp: { id: 50, password: { env: VRRP_PASSWORD } }
haproxy: { config: ./haproxy.cfg }
`;

const LONG = `pair: both
nodes:
  lb1: { address: [192.0.2.11, 2001:db8::11], interface: eth0 }
  lb2: { address: [192.0.2.12, 2001:db8::12], interface: eth0 }
vrrp: { password: { env: VRRP_PASSWORD } }
routers:
  web: { id: 50, prefer: [lb1, lb2], vips: { web4: 192.0.2.50/32 } }
  api: { id: 51, prefer: [lb2, lb1], vips: { api4: 192.0.2.51/32 } }
haproxy: { config: ./haproxy.cfg }
`;

export interface BadFile {
  readonly name: string;
  readonly text: string;
  /** `line:column code`, in the order of the file. */
  readonly found: readonly string[];
}

export function changed(name: string, from: string, to: string, ...found: string[]): BadFile {
  return replaced(GOOD, name, from, to, found);
}

export function changedLong(name: string, from: string, to: string, ...found: string[]): BadFile {
  return replaced(LONG, name, from, to, found);
}

function replaced(base: string, name: string, from: string, to: string, found: readonly string[]): BadFile {
  if (!base.includes(from)) throw new Error(`the good file has no ${from}`);
  return { name, text: base.replace(from, to), found };
}

export function whole(name: string, text: string, ...found: string[]): BadFile {
  return { name, text, found };
}

export function added(name: string, text: string, ...found: string[]): BadFile {
  return { name, text: `${GOOD}${text}\n`, found };
}

/** Each group: what is found where, how it reads (a golden), and that no secret shows. */
export function describeBadFiles(groups: Readonly<Record<string, readonly BadFile[]>>): void {
  for (const [group, cases] of Object.entries(groups)) {
    describe(group, () => {
      for (const { name, text, found } of cases) {
        it(name, () => {
          const { diagnostics, source, pair } = loadPair("pair.yaml", text);
          const places = diagnostics.map(({ code, span }) => {
            const position = span && positionAt(source, span.start);
            return position === undefined ? code : `${position.line}:${position.column} ${code}`;
          });
          expect(places).toEqual(found);
          expect(pair === undefined).toBe(diagnostics.some(({ severity }) => severity === "error"));
        });
      }

      it("reads well", async () => {
        const golden = cases.map(({ name, text }) => `## ${name}\n\n${rendered(text)}\n`).join("\n");
        await expect(golden).toMatchFileSnapshot(
          resolve(import.meta.dirname, `../golden/model/${group}.txt`),
        );
      });

      it("shows no secret", () => {
        expect(
          cases.map(({ text }) => rendered(text)).filter((text) => /s3cret|12345678/.test(text)),
        ).toEqual([]);
      });
    });
  }
}

function rendered(text: string): string {
  const { diagnostics, source } = loadPair("pair.yaml", text);
  return diagnostics.map((diagnostic) => renderDiagnostic(diagnostic, source)).join("\n\n");
}
