// Programs on this machine: bounded in time and output, nothing left behind.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { requireProcess, runProcess, spawnDetached, startProcess } from "./index.ts";

/** Ends when no such process is there any more; a process that only waits to be collected is gone. */
async function expectGone(processId: number): Promise<void> {
  await expect
    .poll(() => {
      try {
        const state = readFileSync(`/proc/${processId}/stat`, "utf8").replace(/^.*\) /u, "")[0];
        return state === "Z" ? "gone" : state;
      } catch {
        return "gone";
      }
    })
    .toBe("gone");
}

describe("runProcess", () => {
  it("gives exit code and both outputs, and takes arguments as they are", async () => {
    const result = await runProcess("sh", [
      "-c",
      'printf "%s|" "$@"; echo no >&2; exit 5',
      "sh",
      "a b",
      "$HOME",
      "'",
      "",
    ]);
    expect(result).toMatchObject({
      exitCode: 5,
      signal: undefined,
      endedEarly: undefined,
      stdout: "a b|$HOME|'||",
      stderr: "no\n",
    });
  });

  it("counts a signal as a shell does", async () => {
    expect(await runProcess("sh", ["-c", "kill -9 $$"])).toMatchObject({ exitCode: 137, signal: "SIGKILL" });
  });

  it("hands any bytes through", async () => {
    const input = Uint8Array.from({ length: 300_000 }, (_, index) => (index * 7919) % 256);
    const result = await runProcess("cat", [], { input: Promise.resolve(input) });
    expect(Buffer.from(result.stdoutBytes).equals(Buffer.from(input))).toBe(true);
  });

  it("says which program is missing", async () => {
    await expect(runProcess("hapair-no-such-program", [])).rejects.toMatchObject({
      name: "HapairError",
      code: "process-start",
      message: expect.stringContaining("hapair-no-such-program"),
      hint: expect.stringContaining("install"),
    });
  });

  it("ends a program at its time limit, with all it started, though it ignores SIGTERM", async () => {
    const result = await runProcess("sh", ["-c", "trap '' TERM; sleep 300 & echo $!; wait; sleep 300"], {
      timeoutMs: 200,
    });
    expect(result).toMatchObject({ endedEarly: "time limit", signal: "SIGKILL" });
    await expectGone(Number(result.stdout));
  });

  it("ends a program when it is told to, also beforehand", async () => {
    const abort = new AbortController();
    const running = runProcess("sleep", ["300"], { signal: abort.signal });
    abort.abort();
    expect(await running).toMatchObject({ endedEarly: "abort", signal: "SIGTERM" });
    expect(await runProcess("sleep", ["300"], { signal: abort.signal })).toMatchObject({
      endedEarly: "abort",
    });
  });

  it("ends a program that says too much", async () => {
    const result = await runProcess("yes", [], { outputLimitBytes: 100_000 });
    expect(result.endedEarly).toBe("output limit");
    expect(result.stdoutBytes.length).toBeLessThanOrEqual(100_000);
  });

  it("does not wait for what a program left in the background", async () => {
    const result = await runProcess("sh", ["-c", "setsid sleep 300 & echo $!"], { timeoutMs: 15_000 });
    expect(result).toMatchObject({ exitCode: 0, endedEarly: undefined });
    process.kill(Number(result.stdout));
  });

  it("does not mind a program that leaves its input unread", async () => {
    expect(await runProcess("true", [], { input: "x".repeat(1_000_000) })).toMatchObject({ exitCode: 0 });
  });

  it("throws for a failure where success is required", async () => {
    await expect(requireProcess("sh", ["-c", "echo because >&2; exit 3"])).rejects.toMatchObject({
      code: "process-failed",
      message: expect.stringMatching(/exit code 3: because$/u),
    });
  });
});

describe("startProcess", () => {
  it("gives lines as they come, and what is written reaches the program", async () => {
    const started = startProcess("cat", []);
    const lines = started.lines[Symbol.asyncIterator]();
    started.write("one\n");
    expect(await lines.next()).toEqual({ done: false, value: "one" });
    started.write("two\n");
    expect(await lines.next()).toEqual({ done: false, value: "two" });
    await started.stop(5_000);
    expect(await lines.next()).toEqual({ done: true, value: undefined });
    expect(await started.ended).toMatchObject({ exitCode: 0 });
  });

  it("loses no line to a slow reader", async () => {
    const started = startProcess("seq", ["20000"]);
    const lines: string[] = [];
    for await (const line of started.lines) {
      if (lines.length % 5_000 === 0) await new Promise((resolve) => setTimeout(resolve, 20));
      lines.push(line);
    }
    expect(lines).toEqual(Array.from({ length: 20_000 }, (_, index) => String(index + 1)));
  });

  it("stops with all the program started", async () => {
    const started = startProcess("sh", ["-c", "trap '' TERM; sleep 300 & echo $!; wait; sleep 300"]);
    const { value } = await started.lines[Symbol.asyncIterator]().next();
    await started.stop();
    await expectGone(Number(value));
  });

  it("says which program is missing, to whoever asks", async () => {
    const started = startProcess("hapair-no-such-program", []);
    await expect(started.ended).rejects.toMatchObject({ code: "process-start" });
    await started.stop();
  });
});

describe("spawnDetached", () => {
  it("starts a program in a session of its own, with its output in a file of the owner's alone", async () => {
    const folder = mkdtempSync(join(tmpdir(), "hapair-process-"));
    const outputFile = join(folder, "log");
    const { processId } = await spawnDetached("sh", ["-c", "umask; echo $$; sleep 300"], { outputFile });
    await expect.poll(() => readFileSync(outputFile, "utf8")).toContain(`${processId}\n`);
    process.kill(-processId);
    await expectGone(processId);
    rmSync(folder, { recursive: true });
  });
});
