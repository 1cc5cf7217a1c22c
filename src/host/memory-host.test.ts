// The machine in memory: answers from its table, and no silent success for what nobody foresaw.
import { describe, expect, it } from "vitest";
import { memoryHost } from "./index.ts";

describe("memoryHost", () => {
  it("answers from the table, the first row that fits, and notes what was run", async () => {
    const host = memoryHost({
      name: "lb1",
      files: { "/etc/x": "old" },
      commands: [
        { script: "systemctl is-active haproxy", respond: () => ({ exitCode: 3, stdout: "inactive\n" }) },
        {
          script: /^systemctl is-active (\S+)/u,
          respond: ({ groups }) => ({ stdout: `${groups[0]} runs\n` }),
        },
        {
          script: /^tee (\S+)/u,
          respond({ groups, input, files }) {
            files.set(groups[0] ?? "", { content: input, mode: 0o644, owner: "root", group: "root" });
            return {};
          },
        },
      ],
    });
    expect(await host.run("systemctl is-active haproxy")).toEqual({
      exitCode: 3,
      stdout: "inactive\n",
      stderr: "",
    });
    expect(await host.run("systemctl is-active keepalived")).toMatchObject({ stdout: "keepalived runs\n" });
    await host.run("tee /etc/x", { input: "new" });
    expect(Buffer.from((await host.read("/etc/x")) ?? []).toString()).toBe("new");
    expect(host.scripts).toEqual([
      "systemctl is-active haproxy",
      "systemctl is-active keepalived",
      "tee /etc/x",
    ]);
  });

  it("takes an unforeseen script as the test's mistake", async () => {
    await expect(memoryHost({ name: "lb1" }).run("reboot")).rejects.toThrow(
      "lb1 has no answer for the script: reboot",
    );
  });

  it("keeps the time limit", async () => {
    const host = memoryHost({
      name: "lb1",
      commands: [{ script: "hang", respond: () => new Promise(() => {}) }],
    });
    await expect(host.run("hang", { timeoutMs: 20 })).rejects.toMatchObject({ code: "host-timeout" });
  });

  it("does not share its bytes with whoever wrote or read them", async () => {
    const host = memoryHost({ name: "lb1" });
    const content = Uint8Array.of(1, 2, 3);
    await host.write("/x", content, { mode: 0o600 });
    content[0] = 9;
    const read = await host.read("/x");
    expect([...(read ?? [])]).toEqual([1, 2, 3]);
    read?.fill(0);
    expect([...((await host.read("/x")) ?? [])]).toEqual([1, 2, 3]);
  });
});
