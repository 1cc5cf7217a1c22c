// Answers as they come over a connection: whole, cut anywhere, wrong.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { endAnswer, feedAnswer, newAnswer } from "./prober-answer.ts";

const HEADER = "x-served-by";
const counted = "HTTP/1.1 200 OK\r\nX-Served-By: lb1\r\nContent-Length: 6\r\n\r\nhello\n";
const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nhello\n\r\n0\r\n\r\n";
const untilTheEnd = "HTTP/1.0 200 OK\r\nServer: x\r\n\r\nhello\n";

describe("feedAnswer", () => {
  it.each([
    ["a counted body", counted],
    ["a chunked body", chunked],
    ["an empty body", "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n"],
    ["a redirection", "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n"],
  ])("knows %s as whole only at its last byte, however it is cut", (_what, text) => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 1, max: text.length - 1 }), { maxLength: 5 }), (cuts) => {
        const edges = [0, ...cuts.toSorted((left, right) => left - right), text.length];
        const answer = newAnswer();
        const states = edges
          .slice(1)
          .map((edge, index) => feedAnswer(answer, text.slice(edges[index], edge), HEADER));
        expect(states).toEqual([...states.slice(1).map(() => "more"), "whole"]);
      }),
    );
  });

  it("reads who answered", () => {
    const answer = newAnswer();
    feedAnswer(answer, counted, HEADER);
    expect(answer.answeredBy).toBe("lb1");
  });

  it.each([
    ["HTTP/1.0 503 Service Unavailable\r\nConnection: close\r\n\r\n"],
    ["SSH-2.0-OpenSSH_9.2\r\n\r\n"],
    ["HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n"],
    [`HTTP/1.1 200 OK\r\n${"X-Long: 1\r\n".repeat(2000)}`],
  ])("does not take for good: %#", (text) => {
    expect(feedAnswer(newAnswer(), text, HEADER)).toBe("bad");
  });
});

describe("endAnswer", () => {
  it.each([
    ["nothing at all", "", "more"],
    ["half a head", counted.slice(0, 20), "more"],
    ["half a counted body", counted.slice(0, -2), "more"],
    ["half a chunked body", chunked.slice(0, -3), "more"],
    ["a body that ends with the connection", untilTheEnd, "whole"],
  ])("judges %s", (_what, text, expected) => {
    const answer = newAnswer();
    feedAnswer(answer, text, HEADER);
    expect(endAnswer(answer)).toBe(expected);
  });
});
