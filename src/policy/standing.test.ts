// A node's own standing: what it tells, and what its last look no longer bears out.

import { expect, test } from "vitest";
import { standingOf } from "./standing.ts";
import type { Reading } from "./traffic.ts";

test.each<[Reading, Reading, Reading, readonly string[] | undefined]>([
  ["whole", "whole", "whole", undefined],
  // The row of looks that would make it dead has begun.
  ["whole", "dead", "unknown", undefined],
  ["whole", "unknown", "unknown", undefined],
  ["dead", "dead", "dead", undefined],
  // The row that would make it whole has begun, or nobody can tell.
  ["dead", "broken", "dead", ["web"]],
  ["dead", "whole", "dead", ["web"]],
  ["broken", "unknown", "broken", ["web"]],
  ["broken", "dead", "broken", undefined],
  ["unknown", "dead", "unknown", undefined],
])("grade %s, last look %s: told as %s", (grade, reading, told, returning) => {
  const rules = [
    { name: "web", moves: true },
    { name: "queue", moves: false },
    { name: "unseen", moves: true },
  ];
  const standing = standingOf("yes", rules, (rule) =>
    rule === "unseen" ? undefined : { state: { grade, looks: 0 }, reading },
  );
  expect(standing).toEqual({
    fit: "yes",
    grades: { web: told, unseen: "unknown" },
    ...(returning === undefined ? {} : { returning }),
  });
});
