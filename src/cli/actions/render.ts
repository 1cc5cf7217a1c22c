// hapair render: the files the pair becomes, shown with secrets masked or written below a folder.

import { chmod, mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { HapairError, sentenceList } from "../../base/index.ts";
import { type NodeFile, renderPair, sizeText } from "../../render/index.ts";
import type { RenderFlags } from "../commands/file-commands.ts";
import { type HapairContext, paintFor, printJson } from "../context.ts";
import { readPair, readRenderInputs } from "../pair-input.ts";
import { maskSecrets } from "../secrets.ts";

export async function render(this: HapairContext, flags: RenderFlags, path?: string): Promise<void> {
  const file = await readPair(this, path, flags.json === undefined ? {} : { json: flags.json });
  const all = renderPair(file.pair, await readRenderInputs(file));
  const chosen = [...all].filter(([node]) => flags.node === undefined || node === flags.node);
  if (chosen.length === 0) {
    throw new HapairError({
      kind: "usage",
      code: "no-node",
      message: `there is no node ${flags.node ?? ""} in ${file.path}`,
      hint: `Its nodes are ${sentenceList([...all.keys()])}.`,
    });
  }
  if (flags.output !== undefined) await writeFiles(flags.output, chosen);
  if (flags.json === true) {
    const nodes = Object.fromEntries(chosen.map(([node, files]) => [node, files.map(masked)]));
    printJson(this, { pair: file.pair.name, nodes });
  } else if (flags.output === undefined) {
    showFiles(this, chosen);
  } else {
    for (const [node, files] of chosen)
      this.process.stdout.write(`${node}: ${files.length} files below ${join(flags.output, node)}\n`);
  }
}

function masked(file: NodeFile): Record<string, unknown> {
  return {
    path: file.path,
    mode: `0${file.mode.toString(8)}`,
    owner: file.owner,
    group: file.group,
    effect: file.effect,
    content: maskSecrets(file.content, file.secrets),
  };
}

function showFiles(context: HapairContext, nodes: readonly (readonly [string, readonly NodeFile[]])[]): void {
  const paint = paintFor(context.process.stdout);
  for (const [node, files] of nodes) {
    for (const file of files) {
      const mode = `0${file.mode.toString(8)}`;
      context.process.stdout.write(
        `${paint("strong", `==> ${node}:${file.path}`)} ${paint("dim", `(${mode} ${file.owner}:${file.group})`)}\n`,
      );
      const shown =
        file.isProgram === true
          ? `(a program, ${sizeText(file.content)}; with --output it is written)`
          : maskSecrets(file.content, file.secrets).trimEnd();
      context.process.stdout.write(`${shown}\n\n`);
    }
  }
}

async function writeFiles(
  folder: string,
  nodes: readonly (readonly [string, readonly NodeFile[]])[],
): Promise<void> {
  for (const [node, files] of nodes) {
    for (const file of files) {
      const target = join(folder, node, file.path);
      await mkdir(dirname(target), { recursive: true });
      // Made anew, and unreadable for others before the content is in it: some of these files hold secrets, and one that lies there already
      // may be open to others, or be a link.
      await rm(target, { force: true });
      await writeFile(target, file.content, { mode: 0o600, flag: "wx" });
      await chmod(target, file.mode);
    }
  }
}
