// What becomes of the words behind --: one is a script, several are a command whose arguments stay whole.

import { execFileSync } from "node:child_process";
import * as fc from "fast-check";
import { expect, it, test } from "vitest";
import { scriptOf } from "./maintenance.ts";

test.each<[string[], string]>([
  [["apt-get -y upgrade && systemctl reboot"], "apt-get -y upgrade && systemctl reboot"],
  [["apt-get", "-y", "upgrade"], "apt-get -y upgrade"],
  [["sh", "-c", "exit 3"], "sh -c 'exit 3'"],
  [["echo", "it's", "$HOME", ""], `echo 'it'\\''s' '$HOME' ''`],
  [["true"], "true"],
])("%j", (words, script) => {
  expect(scriptOf(words)).toBe(script);
});

it("hands every argument on as it was written", () => {
  const word = fc.string({
    unit: fc.constantFrom("'", '"', "\\", "$", "`", "%", "\n", " ", "*", ";", "-", "ä"),
  });
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 5 }), (words) => {
      const script = scriptOf(["printf", "%s\\0", ...words]);
      expect(execFileSync("sh", ["-c", script], { encoding: "utf8" })).toBe(
        words.map((one) => `${one}\0`).join(""),
      );
    }),
    { numRuns: 60 },
  );
});
