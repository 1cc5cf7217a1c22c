// Commands that need no host: init, render, explain.

import { buildCommand } from "@stricli/core";
import type { HapairContext } from "../context.ts";
import { jsonFlag, pairFileArgument } from "../flags.ts";

export interface InitFlags {
  readonly force?: boolean;
}

export const initCommand = buildCommand<InitFlags, [string?], HapairContext>({
  docs: { brief: "Write a pair.yaml to start from" },
  parameters: {
    flags: {
      force: { kind: "boolean", optional: true, withNegated: false, brief: "Replace files that are there" },
    },
    positional: {
      kind: "tuple",
      parameters: [
        {
          brief: "The folder to write to (default: this one)",
          placeholder: "FOLDER",
          parse: String,
          optional: true,
        },
      ],
    },
  },
  loader: async () => (await import("../actions/init.ts")).init,
});

export interface RenderFlags {
  readonly output?: string;
  readonly node?: string;
  readonly json?: boolean;
}

export const renderCommand = buildCommand<RenderFlags, [string?], HapairContext>({
  docs: {
    brief: "Show or write the files that the pair becomes",
    fullDescription:
      "Without --output the files are shown, secrets masked. With it they are written to FOLDER/NODE/..., with their modes and real secrets.",
  },
  parameters: {
    flags: {
      output: {
        kind: "parsed",
        parse: String,
        optional: true,
        placeholder: "FOLDER",
        brief: "Write the files below this folder",
      },
      node: {
        kind: "parsed",
        parse: String,
        optional: true,
        placeholder: "NODE",
        brief: "Only this node's files",
      },
      json: jsonFlag,
    },
    aliases: { o: "output" },
    positional: pairFileArgument,
  },
  loader: async () => (await import("../actions/render.ts")).render,
});

export interface ExplainFlags {
  readonly json?: boolean;
}

export const explainCommand = buildCommand<ExplainFlags, [string?], HapairContext>({
  docs: { brief: "Say what a parameter does: the page's values beside what keepalived really accepts" },
  parameters: {
    flags: { json: jsonFlag },
    positional: {
      kind: "tuple",
      parameters: [
        {
          brief: "A parameter (advert_int, priority, ...); all when absent",
          placeholder: "NAME",
          parse: String,
          optional: true,
        },
      ],
    },
  },
  loader: async () => (await import("../actions/explain.ts")).explain,
});
