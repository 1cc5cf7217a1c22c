// Which servers are checked: by their own line, by default-server, by the defaults.

import { describe, expect, it } from "vitest";
import { readSections } from "./sections.ts";
import { readCheckedServers } from "./server-checks.ts";

function seen(text: string): string[] {
  return readCheckedServers(readSections(text)).map(
    ({ backend, name, count, checked }) => `${backend}/${name} ${count} ${checked ? "checked" : "unchecked"}`,
  );
}

describe("checked servers", () => {
  it.each([
    ["backend b\nserver a 192.0.2.1:80 check", ["b/a 1 checked"]],
    ["backend b\nserver a 192.0.2.1:80 cookie check", ["b/a 1 unchecked"]],
    ["backend b\nserver a 192.0.2.1:80 track other/a", ["b/a 1 checked"]],
    [
      "backend b\ndefault-server inter 2s check\nserver a 192.0.2.1:80\nserver c 192.0.2.2:80 no-check",
      ["b/a 1 checked", "b/c 1 unchecked"],
    ],
    ["defaults\ndefault-server check\nbackend b\nserver a 192.0.2.1:80", ["b/a 1 checked"]],
    ["defaults\ndefault-server check\ndefaults\nbackend b\nserver a 192.0.2.1:80", ["b/a 1 unchecked"]],
    [
      "listen l\nserver-template w 3 web.example:80\nserver-template v 2-5 web.example:80 check",
      ["l/w 3 unchecked", "l/v 4 checked"],
    ],
    ["backend b\nserver a unix@/run/a.sock", ["b/a 1 unchecked"]],
  ])("%j", (text, expected) => {
    expect(seen(text)).toEqual(expected);
  });
});
