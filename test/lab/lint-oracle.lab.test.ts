// The linter's own examples before keepalived itself: where its -t complains of the language, so do we, on the same line; where it is silent, so are we.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { positionAt, sourceText } from "../../src/diagnostics/index.ts";
import { runProcess } from "../../src/host/index.ts";
import { type ComplaintKind, readConfiguration } from "../../src/keepalived/index.ts";
import { ensureImage, suites } from "../../src/lab/index.ts";
import { rules } from "../../src/lint/index.ts";

// In private namespaces: an overlay of the image, interfaces as the examples name them, every file before the daemon's configuration test.
const ASK = String.raw`
set -u
image=$1 work=$2
mount -t tmpfs tmpfs "$work/mnt"
mkdir "$work/mnt/upper" "$work/mnt/scratch" "$work/mnt/root"
mount -t overlay overlay -o "lowerdir=$image,upperdir=$work/mnt/upper,workdir=$work/mnt/scratch" "$work/mnt/root"
mount -t proc proc "$work/mnt/root/proc"
mount -t tmpfs tmpfs "$work/mnt/root/run"
# What the files need of a machine: a folder to watch, the user that scripts run as by default.
mkdir "$work/mnt/root/run/keepalived"
echo 'keepalived_script:x:990:990::/:/bin/false' >>"$work/mnt/root/etc/passwd"
echo 'keepalived_script:x:990:' >>"$work/mnt/root/etc/group"
for name in eth0 eth1 eth2 ens192 bond0 bond1; do ip link add "$name" type veth peer name "p-$name"; ip link set "$name" up; done
for file in "$work"/in/*; do
  install -m 0600 "$file" "$work/mnt/root/etc/keepalived/keepalived.conf"
  timeout 10 chroot "$work/mnt/root" keepalived --config-test --config-id none >"$work/out/$(basename "$file")" 2>&1
done
`;

/** What -t says about the language, by the kind of complaint it is here. Everything else it says depends on the machine. */
const SAID: readonly (readonly [RegExp, readonly ComplaintKind[]])[] = [
  [/Line (\d+)\) Unknown keyword/, ["unknown-keyword", "misplaced-keyword", "missing-open", "extra-close"]],
  [/Line (\d+)\) Unexpected '\{'/, ["unexpected-open"]],
  [/Line (\d+)\) Extra '\}'/, ["extra-close"]],
  [/Line (\d+)\) Truncating auth_pass/, ["password-truncated"]],
  [/Line (\d+)\).* not found, ignoring/, ["undefined-name"]],
];

const KINDS = new Set(SAID.flatMap(([, kinds]) => kinds));

/** Lines on which -t finds the language broken. */
function linesSaid(output: string): number[] {
  const lines = output.split("\n").flatMap((message) =>
    SAID.flatMap(([pattern]) => {
      const line = pattern.exec(message)?.[1];
      return line === undefined ? [] : [Number(line)];
    }),
  );
  return [...new Set(lines)].toSorted((a, b) => a - b);
}

function ourLines(text: string, version: string): number[] {
  const source = sourceText("keepalived.conf", text);
  const { complaints } = readConfiguration(source, { version });
  const lines = complaints
    .filter((complaint) => KINDS.has(complaint.kind) && !complaint.silent)
    .map((complaint) => positionAt(source, complaint.span.start).line);
  return [...new Set(lines)].toSorted((a, b) => a - b);
}

// The daemon counts the rest of a line that is too long as a line of its own, so its numbers are not those of the file.
const examples = rules()
  .filter((rule) => rule.code !== "HP909")
  .flatMap((rule) =>
    [rule.bad, rule.good].flatMap((files, good) =>
      Object.entries(files)
        .filter(([name]) => !name.endsWith("/haproxy.cfg"))
        .map(([name, text]) => ({ name: `${rule.code}-${good === 1 ? "good" : "bad"}-${name}`, text })),
    ),
  );

const versions: Readonly<Record<string, string>> = { bookworm: "2.2.7", trixie: "2.3.3" };

describe.each(suites.filter((suite) => versions[suite] !== undefined))("keepalived of %s", (suite) => {
  const work = mkdtempSync(join(tmpdir(), "hapair-lint-oracle-"));

  beforeAll(async () => {
    for (const folder of ["in", "out", "mnt"]) mkdirSync(join(work, folder));
    for (const { name, text } of examples) writeFileSync(join(work, "in", name), text);
    const image = await ensureImage(suite);
    const words = ["--mount", "--net", "--pid", "--fork", "bash", "-c", ASK, "ask", image, work];
    const { exitCode, stderr } = await runProcess("unshare", words, { timeoutMs: 170_000 });
    expect(exitCode, stderr).not.toBeNull();
  });

  afterAll(() => rmSync(work, { recursive: true, force: true }));

  it(`reads all ${examples.length} examples as we do`, () => {
    const differences = examples.flatMap(({ name, text }) => {
      const output = readFileSync(join(work, "out", name), "utf8");
      const said = linesSaid(output);
      const ours = ourLines(text, versions[suite] ?? "");
      return JSON.stringify(said) === JSON.stringify(ours) ? [] : [{ name, said, ours }];
    });
    expect(differences).toEqual([]);
  });
});
