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
    expect(read("{# a\n comment #}\nstate {{ state }}\n").text).not.toContain("comment");
  });

  it("are single braces too, where no block can begin", () => {
    for (const line of ["  {VIRTUAL IP}", "  {VIP}/24 dev eth0", "  interface {iface}", "  {$VIP}/24"]) {
      const { text } = read(`${line}\n`);
      expect(text).toHaveLength(line.length + 1);
      expect(text).not.toMatch(/[{}]/);
    }
    for (const line of [
      "track_interface {eth0}",
      "group { VI_1 }",
      "group {VI_1}",
      "virtual_ipaddress {$VIP}",
      "{ VI_1 }",
    ]) {
      expect(read(`${line}\n`).text).toBe(`${line}\n`);
    }
  });

  it("are not where a comment stands behind the brace of a block, nor in a script's quotes", () => {
    const text = "vrrp_instance VI_1 {# the first\n  #priority 1\n  #}\n}\n";
    expect(read(text).text).toBe(text);
    const script = 'script "/usr/bin/test ${COUNT} -gt 1"\n';
    expect(read(script).text).toBe(script);
  });

  it("are none in a file that has its own definitions, and other files stay as they are", () => {
    expect(read("$VIP=192.0.2.1\nvirtual_ipaddress {\n  ${VIP}\n}\n").text).toContain("${VIP}");
    expect(read("include vars.conf\npriority ${PRIORITY}\n").text).toContain("${PRIORITY}");
    const source = sourceText("keepalived.conf", "vrrp_instance VI_1 {\n  track_interface {eth0}\n}\n");
    expect(templateText(source).source).toBe(source);
  });
});
