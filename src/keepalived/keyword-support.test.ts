import { expect, it } from "vitest";
import { keywordRows, modelledKeywords } from "./keyword-support.ts";
import { keepalivedVersions } from "./version.ts";

it("models only what the tables have", () => {
  const known = new Set(keywordRows().map(({ block, keyword }) => `${block}/${keyword}`));
  expect(modelledKeywords().filter((path) => !known.has(path))).toEqual([]);
});

it("knows the blocks of VRRP, LVS and BFD, and the version of what is new", () => {
  const rows = keywordRows();
  const blocks = new Set(rows.map(({ block }) => block.split("/")[0]));
  for (const block of ["global_defs", "vrrp_instance", "virtual_server", "bfd_instance", "SSL"])
    expect(blocks).toContain(block);
  const versions = new Set(rows.flatMap(({ since }) => since ?? []));
  expect([...versions].filter((version) => !/^2\.\d+\.\d+$/.test(version))).toEqual([]);
  expect(keepalivedVersions).toContain(rows.find(({ keyword }) => keyword === "auth_hmac")?.since);
});
