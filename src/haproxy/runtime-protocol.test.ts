// Answers out of bytes, however they are cut: of versions that print a prompt after each command of a line, and of those that print one.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { answerReader, lookIsComplete, readWorkerInfo } from "./runtime-protocol.ts";

const INFO = "Name: HAProxy\nVersion: 2.6.12-1+deb12u4\nPid: 17358\nStopping: 0\n";
const STAT = "# pxname,svname,\nweb,a,\n";

/** As 2.4 to 3.1 print it, and as 3.2 does. */
const looks = { "a prompt each": `${INFO}\n> ${STAT}\n\n> `, "one prompt": `${INFO}\n${STAT}\n\n\n> ` };

describe("answerReader", () => {
  it.each(Object.entries(looks))("gives a look with %s, however it is cut", (_, text) => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: text.length }), { maxLength: 12 }), (cuts) => {
        const reader = answerReader();
        reader.expect(lookIsComplete);
        const edges = [0, ...cuts.toSorted((left, right) => left - right), text.length];
        const results = edges.slice(1).map((edge, index) => reader.push(text.slice(edges[index], edge)));
        // An empty piece may come after the whole answer.
        const answers = results.filter((result) => result !== undefined && "answer" in result);
        expect(answers).toHaveLength(1);
        expect(answers[0]).toMatchObject({ answer: expect.stringContaining("web,a,") as string });
        expect(answers[0]).toMatchObject({ answer: expect.stringContaining("Pid: 17358") as string });
      }),
    );
  });

  it("ends a look that HAProxy did not understand", () => {
    const reader = answerReader();
    reader.expect(lookIsComplete);
    expect(reader.push("Unknown command\n\n> ")).toBeUndefined();
    expect(reader.push("Permission denied\n\n> ")).toHaveProperty("answer");
  });

  it("gives one answer after another", () => {
    const reader = answerReader();
    reader.expect();
    expect(reader.push("\n> ")).toEqual({ answer: "\n" });
    reader.expect();
    expect(reader.push("one\n\n> ")).toEqual({ answer: "one\n\n" });
  });

  it("refuses what nobody asked for, and what is larger than the bound", () => {
    const reader = answerReader(10);
    expect(reader.push("hello")).toEqual({ failure: "unasked" });
    reader.expect();
    expect(reader.push("12345")).toBeUndefined();
    expect(reader.push("678901")).toEqual({ failure: "too large" });
  });

  it("never throws", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string(), fc.constantFrom("\n> ", "> ", "\n"))), (pieces) => {
        const reader = answerReader(100);
        for (const piece of pieces) {
          reader.expect(lookIsComplete);
          reader.push(piece);
          reader.push(piece);
        }
      }),
    );
  });
});

describe("readWorkerInfo", () => {
  it("reads the worker", () => {
    expect(readWorkerInfo(INFO)).toEqual({ processId: 17358, stopping: false, version: "2.6.12-1+deb12u4" });
    expect(readWorkerInfo(INFO.replace("Stopping: 0", "Stopping: 1"))?.stopping).toBe(true);
  });

  it.each(["", "Permission denied\n", "Name: HAProxy\nPid: none\n", "Name: HAProxy\nPid: -4\n"])(
    "is nothing for %j",
    (text) => {
      expect(readWorkerInfo(text)).toBeUndefined();
    },
  );
});
