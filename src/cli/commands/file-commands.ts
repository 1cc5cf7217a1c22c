// Commands that need no host: init, render, explain.

import { buildCommand } from "@stricli/core";
import type { HapairContext } from "../context.ts";
import { assignment, jsonFlag, pairFileArgument } from "../flags.ts";

export interface InitFlags {
  readonly from?: readonly string[];
  readonly haproxy?: readonly string[];
  readonly address?: readonly (readonly [string, string])[];
  readonly name?: string;
  readonly output?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

export const initCommand = buildCommand<InitFlags, string[], HapairContext>({
  docs: {
    brief: "Write a pair.yaml to start from, or the one that existing keepalived.conf files amount to",
    fullDescription:
      "Without --from an example is written to FOLDER. With it the files of a running pair are read and the pair.yaml that means the same is written, with comments where the files do not do what they seem to want; then everything is listed that pair.yaml cannot express or hapair does in another way.",
    customUsage: [
      { input: "[FOLDER]", brief: "An example to start from" },
      {
        input: "--from lb1.conf lb2.conf [--haproxy haproxy.cfg] [--output FOLDER]",
        brief: "An existing pair",
      },
    ],
  },
  parameters: {
    flags: {
      from: {
        kind: "parsed",
        parse: String,
        optional: true,
        variadic: true,
        placeholder: "FILE",
        brief: "Read the pair from the nodes' keepalived.conf files: this one and those that follow",
      },
      haproxy: {
        kind: "parsed",
        parse: String,
        optional: true,
        variadic: true,
        placeholder: "FILE",
        brief: "The pair's haproxy.cfg, or one for each node in the same order (with --from)",
      },
      address: {
        kind: "parsed",
        parse: assignment,
        optional: true,
        variadic: true,
        placeholder: "NODE=ADDRESS",
        brief: "A node's own address, where its file does not say it (with --from)",
      },
      name: {
        kind: "parsed",
        parse: String,
        optional: true,
        placeholder: "NAME",
        brief: "The pair's name (with --from; default: the instance's)",
      },
      output: {
        kind: "parsed",
        parse: String,
        optional: true,
        placeholder: "FOLDER",
        brief: "The folder to write to (default: this one)",
      },
      force: { kind: "boolean", optional: true, withNegated: false, brief: "Replace files that are there" },
      json: jsonFlag,
    },
    aliases: { o: "output" },
    positional: {
      kind: "array",
      parameter: {
        brief: "The folder to write to; with --from further files of the pair",
        placeholder: "FOLDER|FILE",
        parse: String,
      },
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
  docs: {
    brief: "Say what a rule of lint is about, or what a parameter does beside what keepalived really accepts",
  },
  parameters: {
    flags: { json: jsonFlag },
    positional: {
      kind: "tuple",
      parameters: [
        {
          brief:
            "A rule (HP108), a parameter (advert_int, priority, ...), or rules for the list of them; all parameters when absent",
          placeholder: "NAME",
          parse: String,
          optional: true,
        },
      ],
    },
  },
  loader: async () => (await import("../actions/explain.ts")).explain,
});
