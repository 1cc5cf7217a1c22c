import { describe, expect, it } from "vitest";
import { sourceText } from "../../diagnostics/index.ts";
import { isPlaceholder } from "../../keepalived/index.ts";
import { asWritten, templateText } from "./template-text.ts";

function read(text: string): { text: string; written: ReadonlyMap<string, string> } {
  const { source, written } = templateText(sourceText("keepalived.conf", text));
  return { text: source.text, written };
}

describe("a template's marks", () => {
  it("become words of the same length, without braces and blanks", () => {
    for (const mark of [
      "{{ vip }}",
      "{{VIP}}",
      "{{ a | default('x') }}",
      "<%= @vip %>",
      "${VIP}",
      "{$VIP}",
    ]) {
      const { text, written } = read(`priority ${mark}\n`);
      expect(text).toHaveLength(`priority ${mark}\n`.length);
      const word = text.trim().split(" ")[1] ?? "";
      expect(word).not.toMatch(/[{}\s#!"']/);
      expect(isPlaceholder(word)).toBe(true);
      expect(asWritten(`x ${word} y`, written)).toBe(`x ${mark} y`);
    }
  });

  it("may be several in a word", () => {
    const { text } = read("    {{ vip }}/{{ mask }} dev ${IFACE}:1\n");
    expect(text.trim().split(" ")).toHaveLength(3);
    expect(text).toHaveLength("    {{ vip }}/{{ mask }} dev ${IFACE}:1\n".length);
  });

  it("are comments where they are conditions, whatever comes behind on the line", () => {
    for (const line of [
      "{% if a %}",
      "  {% for h in hosts %}{% if h %}",
      "{{- if .Values.a }}",
      "<% if @a -%>",
    ]) {
      const { text } = read(`${line}\nnopreempt\n`);
      expect(text.split("\n")[0]?.trim()).toMatch(/^#/);
      expect(text).toHaveLength(`${line}\nnopreempt\n`.length);
    }
    expect(read("{# a\n comment #}\nstate MASTER\n").text.trim()).toBe("state MASTER");
  });

  it("are none in a file that has its own definitions, and other files stay as they are", () => {
    expect(read("$VIP=192.0.2.1\nvirtual_ipaddress {\n  ${VIP}\n}\n").text).toContain("${VIP}");
    expect(read("include vars.conf\npriority ${PRIORITY}\n").text).toContain("${PRIORITY}");
    const source = sourceText("keepalived.conf", "vrrp_instance VI_1 {\n  track_interface {eth0}\n}\n");
    expect(templateText(source).source).toBe(source);
  });
});
