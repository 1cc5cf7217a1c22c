// The conformance suite of Host: what every implementation promises, whatever carries its commands.
// Rule: it uses the Host alone; what a machine cannot tell about itself in the same way everywhere, the subject answers.
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Host } from "../../src/host/index.ts";

/** A machine under test, and what the suite must know of it. */
export interface HostSubject {
  readonly host: Host;
  /** An empty folder there that the suite may fill, with a short path. */
  readonly folder: string;
  /** Whose files the suite may make; default root and root. */
  readonly owner?: { readonly owner: string; readonly group: string };
  /** Another account that exists there; with `canGiveAway`. */
  readonly otherOwner?: { readonly owner: string; readonly group: string };
  /** A folder on a disk of its own of about 1 MB, with a file settings.conf; with `canFillDisk`. */
  readonly smallDisk?: string;
  /** The names in a folder; default: asked by a script. */
  list?(folder: string): Promise<readonly string[]>;
  /** Makes a symbolic link; default: by a script. */
  link?(target: string, path: string): Promise<void>;
  /** Takes the machine down again. */
  dispose?(): Promise<void>;
}

/** What only a machine under root's hand can show; tests of what is not there are not declared. */
export interface HostSuiteRange {
  readonly canGiveAway: boolean;
  readonly canFillDisk: boolean;
}

/** Declares the suite for one implementation; `bringUp` is called once, before the first test. */
export function hostSuite(title: string, range: HostSuiteRange, bringUp: () => Promise<HostSubject>): void {
  describe(title, () => {
    let subject: HostSubject;
    const host = (): Host => subject.host;
    const owner = () => subject.owner ?? { owner: "root", group: "root" };
    const at = (name: string): string => `${subject.folder}/${name}`;
    const list = async (folder: string): Promise<readonly string[]> => {
      if (subject.list !== undefined) return subject.list(folder);
      const { stdout } = await host().run(`ls -A -- '${folder}'`);
      return stdout.split("\n").filter((line) => line !== "");
    };
    const link = async (target: string, path: string): Promise<void> => {
      if (subject.link !== undefined) return subject.link(target, path);
      expect(await host().run(`ln -s -- '${target}' '${path}'`)).toMatchObject({ exitCode: 0 });
    };
    beforeAll(async () => {
      subject = await bringUp();
    });
    afterAll(async () => {
      await subject.host.close();
      await subject.dispose?.();
    });

    describe("run", () => {
      it("gives the exit code and both outputs apart", async () => {
        expect(await host().run("echo out; echo err >&2; exit 3")).toEqual({
          exitCode: 3,
          stdout: "out\n",
          stderr: "err\n",
        });
      });

      it.each([0, 1, 2, 66, 124, 126, 127, 128, 137, 143, 254, 255])(
        "hands over exit code %i as a value",
        async (exitCode) => {
          expect(await host().run(`echo said >&2; exit ${exitCode}`)).toEqual({
            exitCode,
            stdout: "",
            stderr: "said\n",
          });
        },
      );

      it("gives exactly what was said, without a line end added or taken", async () => {
        expect(await host().run("printf 'no line end'; printf '\\n\\n' >&2")).toEqual({
          exitCode: 0,
          stdout: "no line end",
          stderr: "\n\n",
        });
      });

      it("runs nothing for an empty script", async () => {
        expect(await host().run("")).toEqual({ exitCode: 0, stdout: "", stderr: "" });
      });

      it("runs a script of many lines that ends in a comment, without a line end", async () => {
        const script = 'name=value\nif [ "$name" = value ]; then\n  echo yes\nfi\n# the end';
        expect(await host().run(script)).toMatchObject({ exitCode: 0, stdout: "yes\n" });
      });

      it("runs a script that ends in a here-document, without a line end", async () => {
        expect(await host().run("cat <<'END'\n  $HOME stays\nEND")).toMatchObject({
          stdout: "  $HOME stays\n",
        });
      });

      it("keeps the script's own exit trap", async () => {
        expect(await host().run("trap 'echo bye' EXIT; exit 9")).toMatchObject({
          exitCode: 9,
          stdout: "bye\n",
        });
      });

      it("runs nothing of a script with a syntax error, and says so", async () => {
        const result = await host().run("echo begun\nif true; then");
        expect(result.exitCode).not.toBe(0);
        expect(result.stdout).toBe("");
        expect(result.stderr).not.toBe("");
      });

      const torture = [
        "it's",
        'a "quoted" word',
        "$HOME `id` $(id) ${x}",
        "back\\slash \\n \\' \\\\",
        "two\nlines\r\nand\ttabs",
        "!history #comment ~ * ? [a] {a,b} | & ; < >",
        "naïve ☃ 漢字 🙂",
        " leading and trailing ",
        "--option -n -e",
      ];
      it.each(torture)("passes text through every shell on the way: %j", async (text) => {
        const word = `'${text.replaceAll("'", `'\\''`)}'`;
        expect(await host().run(`printf '%s' ${word}`)).toEqual({ exitCode: 0, stdout: text, stderr: "" });
        expect(await host().run("cat", { input: text })).toEqual({ exitCode: 0, stdout: text, stderr: "" });
      });

      it("ends the input where it ends", async () => {
        expect(await host().run("cat; echo done")).toMatchObject({ stdout: "done\n" });
        expect(
          await host().run('read -r first; echo "first: $first"; cat', { input: "one\ntwo\n" }),
        ).toMatchObject({
          stdout: "first: one\ntwo\n",
        });
      });

      it("takes a script that reads less than it is given", async () => {
        expect(await host().run("exit 4", { input: randomBytes(1_000_000) })).toMatchObject({ exitCode: 4 });
      });

      it("takes a megabyte of any bytes as input", async () => {
        const input = randomBytes(1_000_000);
        expect(await host().run("wc -c; ", { input })).toMatchObject({
          exitCode: 0,
          stdout: expect.stringMatching(/^\s*1000000\n$/u),
        });
      });

      it("takes a script of a quarter of a megabyte", async () => {
        const line = "x".repeat(1_000);
        const script = `count=0\n${`[ ${line} = y ] || count=$((count+1))\n`.repeat(250)}echo $count`;
        expect(await host().run(script)).toMatchObject({ exitCode: 0, stdout: "250\n" });
      });

      it("gives megabytes of output on both outputs at once", async () => {
        const result = await host().run(
          "head -c 3000000 /dev/zero | tr '\\0' o & head -c 2000000 /dev/zero | tr '\\0' e >&2; wait",
        );
        expect(result.exitCode).toBe(0);
        expect(result.stdout).toBe("o".repeat(3_000_000));
        expect(result.stderr).toBe("e".repeat(2_000_000));
      });

      it("ends a command at its time limit, on the machine too, with what it started", async () => {
        const pidFile = `/tmp/hapair-suite-${randomBytes(6).toString("hex")}`;
        const script = `sleep 321 & echo $! >${pidFile}; echo $$ >>${pidFile}; wait`;
        await expect(host().run(script, { timeoutMs: 400 })).rejects.toMatchObject({
          name: "HapairError",
          kind: "unreachable",
          code: "host-timeout",
          message: expect.stringContaining(host().name),
        });
        await expectGone(host(), pidFile);
      });

      it("does not take the death of its shell for an exit code", async () => {
        await expect(host().run("kill -9 $$; sleep 1")).rejects.toMatchObject({ code: "host-unreachable" });
        expect(await host().run("kill -9 $(sh -c 'echo $PPID')")).toMatchObject({ exitCode: 137 });
        expect(await host().run("echo after")).toMatchObject({ stdout: "after\n" });
      });

      it("runs twenty commands asked for at once, each with its own answer", async () => {
        const numbers = Array.from({ length: 20 }, (_, number) => number);
        const results = await Promise.all(
          numbers.map((number) =>
            host().run(`cat; echo ${number} >&2; exit ${number}`, { input: `input ${number}` }),
          ),
        );
        expect(results).toEqual(
          numbers.map((number) => ({ exitCode: number, stdout: `input ${number}`, stderr: `${number}\n` })),
        );
      });
    });

    describe("follow", () => {
      it("gives lines as they come, and ends when the script ends", async () => {
        const lines: string[] = [];
        for await (const line of host().follow("echo one; echo; printf 'two and\\nno end'").lines)
          lines.push(line);
        expect(lines).toEqual(["one", "", "two and", "no end"]);
      });

      it("stops with nothing left behind on the machine", async () => {
        const pidFile = `/tmp/hapair-suite-${randomBytes(6).toString("hex")}`;
        const stream = host().follow(
          `sleep 322 & echo $! >${pidFile}; echo $$ >>${pidFile}; echo ready; while :; do sleep 1; done`,
        );
        const iterator = stream.lines[Symbol.asyncIterator]();
        expect(await iterator.next()).toEqual({ done: false, value: "ready" });
        await stream.stop();
        expect(await iterator.next()).toEqual({ done: true, value: undefined });
        await expectGone(host(), pidFile);
      });

      it("stops a script that talks faster than it is read", async () => {
        const stream = host().follow("yes");
        const iterator = stream.lines[Symbol.asyncIterator]();
        expect(await iterator.next()).toEqual({ done: false, value: "y" });
        await stream.stop();
      });

      it("tells its reader when the script ends with another exit code than 0", async () => {
        const lines = host().follow("echo one; echo because >&2; exit 3").lines[Symbol.asyncIterator]();
        expect(await lines.next()).toEqual({ done: false, value: "one" });
        await expect(lines.next()).rejects.toMatchObject({
          code: "host-follow",
          message: expect.stringMatching(/ended with exit code 3: because$/u),
        });
      });

      it("may be stopped at once, twice, and without a reader", async () => {
        const stream = host().follow("while :; do sleep 1; done");
        await stream.stop();
        await stream.stop();
      });
    });

    describe("files", () => {
      it("reads nothing where nothing is", async () => {
        expect(await host().read(at("missing"))).toBeUndefined();
        expect(await host().stat(at("missing"))).toBeUndefined();
        expect(await host().read(at("missing/below"))).toBeUndefined();
      });

      it("gives back a megabyte of any bytes", async () => {
        const content = randomBytes(1_000_000);
        await host().write(at("bytes"), content, { mode: 0o600, ...owner() });
        const found = await host().read(at("bytes"));
        expect(Buffer.from(found ?? []).equals(content)).toBe(true);
      });

      it.each(["", "\n", "\0", "no line end", "ends in lines\n\n\n"])(
        "gives back the content %j",
        async (content) => {
          await host().write(at("content"), content, { mode: 0o644, ...owner() });
          expect(Buffer.from((await host().read(at("content"))) ?? []).toString()).toBe(content);
        },
      );

      it.each([0o600, 0o640, 0o644, 0o755, 0o000])(
        "makes a file with mode %o, new and over another",
        async (mode) => {
          const path = at(`mode-${mode.toString(8)}`);
          await host().write(path, "first", { mode: 0o666, ...owner() });
          await host().write(path, "second", { mode, ...owner() });
          expect(await host().stat(path)).toEqual({ kind: "file", mode, sizeBytes: 6, ...owner() });
        },
      );

      if (range.canGiveAway) {
        it("gives a file to another account", async () => {
          const other = present(subject.otherOwner);
          await host().write(at("given"), "x", { mode: 0o640, ...other });
          expect(await host().stat(at("given"))).toMatchObject({ ...other, mode: 0o640 });
        });
      }

      it("makes missing folders, 0755", async () => {
        await host().write(at("a/b/file"), "x", { mode: 0o600, ...owner() });
        expect(await host().stat(at("a"))).toMatchObject({ kind: "directory", mode: 0o755 });
        expect(await host().stat(at("a/b"))).toMatchObject({ kind: "directory", mode: 0o755 });
      });

      it.each(["it's $HOME", "two\nlines", "-rf", "naïve ☃", " blank ", "x".repeat(255)])(
        "takes the file name %j",
        async (name) => {
          await host().write(at(`names/${name}`), name, { mode: 0o600, ...owner() });
          expect(Buffer.from((await host().read(at(`names/${name}`))) ?? []).toString()).toBe(name);
          expect(await host().stat(at(`names/${name}`))).toMatchObject({ kind: "file" });
        },
      );

      it("replaces a link by a file, and leaves what it led to", async () => {
        await host().write(at("links/led-to"), "old", { mode: 0o600, ...owner() });
        await link("led-to", at("links/link"));
        expect(await host().stat(at("links/link"))).toMatchObject({ kind: "other" });
        expect(Buffer.from((await host().read(at("links/link"))) ?? []).toString()).toBe("old");
        await host().write(at("links/link"), "new", { mode: 0o600, ...owner() });
        expect(await host().stat(at("links/link"))).toMatchObject({ kind: "file" });
        expect(Buffer.from((await host().read(at("links/led-to"))) ?? []).toString()).toBe("old");
      });

      it("leaves no temporary file", async () => {
        await host().write(at("clean/one"), "x", { mode: 0o600, ...owner() });
        await host().write(at("clean/one"), "y", { mode: 0o600, ...owner() });
        expect(await list(at("clean"))).toEqual(["one"]);
      });

      it("refuses to replace or read a folder", async () => {
        await host().write(at("taken/inside"), "x", { mode: 0o600, ...owner() });
        const failure = {
          name: "HapairError",
          kind: "unreachable",
          message: expect.stringContaining(at("taken")),
        };
        await expect(host().write(at("taken"), "x", { mode: 0o600, ...owner() })).rejects.toMatchObject({
          ...failure,
          code: "host-write",
        });
        await expect(host().read(at("taken"))).rejects.toMatchObject({ ...failure, code: "host-read" });
        expect(await list(at("taken"))).toEqual(["inside"]);
      });

      if (range.canFillDisk) {
        it("leaves the old file and no other when the disk is full", async () => {
          const disk = present(subject.smallDisk);
          const path = `${disk}/settings.conf`;
          const before = present(await host().read(path));
          await expect(
            host().write(path, randomBytes(3_000_000), { mode: 0o600, ...owner() }),
          ).rejects.toMatchObject({
            kind: "unreachable",
            code: "host-write",
            message: expect.stringMatching(/no space left on device/iu),
          });
          expect(await host().read(path)).toEqual(before);
          expect(await list(disk)).toEqual(["settings.conf"]);
        });
      }

      it("never shows a file half written", async () => {
        const versions = ["a".repeat(200_000), "b".repeat(300_000)];
        await host().write(at("whole"), versions[0] ?? "", { mode: 0o600, ...owner() });
        const seen = new Set<string>();
        const writing = (async () => {
          for (let turn = 0; turn < 6; turn += 1)
            await host().write(at("whole"), versions[turn % 2] ?? "", { mode: 0o600, ...owner() });
        })();
        for (let turn = 0; turn < 12; turn += 1)
          seen.add(Buffer.from((await host().read(at("whole"))) ?? []).toString());
        await writing;
        expect(versions).toEqual(expect.arrayContaining([...seen]));
      });
    });

    it("goes on working after close, and may be closed twice", async () => {
      await host().close();
      await host().close();
      expect(await host().run("echo again")).toMatchObject({ stdout: "again\n" });
    });
  });
}

function present<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error("the subject lacks what its range promises");
  return value;
}

/** Waits until none of the processes whose numbers are in the file runs any more; what has ended but was not collected yet is gone. */
async function expectGone(host: Host, pidFile: string): Promise<void> {
  const script = `
    turns=0
    while [ $turns -lt 50 ]; do
      alive=
      while read -r pid; do
        [ -r /proc/$pid/stat ] && state=$(sed 's/.*) //; s/ .*//' /proc/$pid/stat 2>/dev/null) && [ "$state" != Z ] && alive="$alive $pid"
      done <${pidFile}
      [ -z "$alive" ] && break
      turns=$((turns+1)); sleep 0.1
    done
    rm -f ${pidFile}
    echo "alive:$alive"`;
  expect(await host.run(script)).toMatchObject({ exitCode: 0, stdout: "alive:\n" });
}
