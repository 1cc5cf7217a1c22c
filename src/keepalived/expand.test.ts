// Conditions, repetitions and definitions as keepalived 2.2.7 writes them out; each row was tried on it.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Item, printConfig, tokensOf } from "./cst.ts";
import { effectiveConfig } from "./expand.ts";
import { parseConfig } from "./parser.ts";

const effective = (text: string, configId = "low") => effectiveConfig(parseConfig(text), { configId });

/** Each line as its words in brackets, blocks flattened with their braces. */
function words(items: readonly Item[]): string {
  return items
    .filter((item) => item.kind !== "blank" && item.kind !== "comment")
    .map((item) => {
      if (item.kind === "statement")
        return [item.keyword, ...item.arguments].map((word) => word.value).join(",");
      if (item.kind === "block")
        return `${item.header === undefined ? "" : words([item.header])}{ ${words(item.items)} }`;
      return item.kind;
    })
    .join("; ");
}

describe("the configuration of one host", () => {
  it.each([
    ["conditions", "@low k1 x\n@high k2\n@^high k3\n@^low k4\n@ k5\n@^ k6", "k1,x; k3; k6"],
    ["a condition after a brace", "k6 { @high k7\n@low k8\n}", "k6{ k8 }"],
    ["the body of a dropped header stays", "@high a b {\nc\n}", "c; strayBrace"],
    ["a conditional definition", "@low $M=1\n@high $M=2\nk $M", "k,1"],
    ["of a dropped definition the further lines stay", "@high $M=1 \\\n2\nk $M", "2; k,$M"],
    ["a commented line in a definition", "$A=k1 \\\n# k2 \\\nk3 # c \\\nk4 \\ # c\nk5\n$A", "k1; k3; k4; k5"],
    ["a comment that ends a definition", "$A=k1 \\\n# k2\nk3\n$A", "k3; k1"],
    ["an empty line that ends a definition", "$A=k1 \\\n\nk3\n$A", "k3; k1"],
    ["conditions in a definition", "$A=k1 \\\n@high k2 \\\n@low k3\n$A", "k1; k3"],
    ["a repetition in a definition", "$A=k1 \\\n~SEQ(I,1,2) k$I \\\nk9\n$A", "k1; k1; k2; k9"],
    ["a definition in a definition", "$A=$B=1 \\\nk$B \\\n$B=2 \\\nk$B\n$A", "k1; k2"],
    ["an escaped comment mark in a value", "$V1=\\#\n$V2=a\\#b\n$V1 k1\nk2 $V2", "k1; k2,a"],
    ["a repeated definition of several lines", "$A=k$I \\\nl$I\n~SEQ ( I , 1 , 2 ) $A", "k1; l1; k2; l2"],
    [
      "definitions at the time of use",
      "$A=one\n$B=x$A-$A\nk $B ${B}y\n$A=two\nk $B",
      "k,x$A-one,x$A-$Ay; k,x$A-two",
    ],
    [
      "not before other characters",
      "$A=one\nk $A/24 $A:x $A-x $A.x $Ax $A,b $A)b ${A}/24",
      "k,$A/24,$A:x,$A-x,$A.x,$Ax,one,b,one)b,one/24",
    ],
    ["only the last of two that touch", "$A=two\nk $A$A ${A}$A", "k,$Atwo,twotwo"],
    ["in quotes", '$A=one\nk "$A" "a${A}b" "$A,x"', "k,$A,aoneb,one,x"],
    ["a value of several words", '$S=a b\n$Q="a b"\nk $S\nk $Q', "k,a,b; k,a b"],
    ["undefined names stay", "k $LATE\n$LATE=1", "k,$LATE"],
    ["of later definitions the text is looked up when used", "$W1=a${W2}\n$W2=zz\nk $W1", "k,azz"],
    ["a definition of several lines", "$F= \\\n  l1 a \\\n  l2 b\nk $F", "k,l1,a; l2,b"],
    [
      "a definition that is a block",
      "$BL=v BL { \\\n interface bl \\\n }\n$BL\n$V=v w { x }\n$V",
      "v,BL{ interface,bl }; v,w{ x }",
    ],
    ["a built-in", 'k "${_INSTANCE}"', "k,low"],
    [
      "~SEQ",
      "~SEQ(I,3) k$I\n~SEQ(I,1,2,5) k${I}x\n~SEQ(I,5,-2,1) k$I\n~SEQ(I,3,1) k$I",
      "k1; k2; k3; k1x; k3x; k5x; k5; k3; k1; k3; k2; k1",
    ],
    ["~SEQ, hexadecimal", "~SEQx(I,9,11) k$I", "k9; ka; kb"],
    ["~SEQ without sense leaves nothing", "~SEQ(I,1,0,3) k$I\n~SEQ(I,a) k", ""],
    ["~SEQ twice", "~SEQ(J,1,2) ~SEQ(K,1,2) k${J}$K", "k11; k12; k21; k22"],
    ["~SEQ with blocks", "~SEQ(I,1,2) v w$I { k $I }", "v,w1{ k,1 }; v,w2{ k,2 }"],
    ["~SEQ with a definition", "$N=2\n$P=p\n~SEQ(I,$N) k$I $P", "k1,p; k2,p"],
    ["~LST", "~LST(J,a,b) k$J\n~LST({J,K},{a,b},{c,d}) k${J}$K", "ka; kb; kab; kcd"],
    ["a condition and a repetition", "@low ~SEQ(J,1,2) k$J", "k1; k2"],
  ])("%s", (_name, text, expected) => {
    expect(words(effective(text).items)).toBe(expected);
  });

  it("keeps conditional lines where the host is not known", () => {
    const text = "@low k1\nk2\n";
    expect(printConfig(effectiveConfig(parseConfig(text), {}))).toBe(text);
  });

  it("tells where in the file a replaced word comes from", () => {
    const text = "$P=101\nvrrp_instance a {\n    priority $P # why\n}\n";
    const tokens = [...tokensOf(effective(text).items)];
    const value = tokens.find((token) => token.source === "101");
    expect(text.slice(value?.span.start, value?.span.end)).toBe("$P");
    const keyword = tokens.find((token) => token.source === "priority");
    expect(text.slice(keyword?.span.start, keyword?.span.end)).toBe("priority");
  });

  it("ends on definitions that contain themselves and on repetitions of repetitions", () => {
    const nested = "~SEQ(I,1,99)".repeat(60);
    for (const text of [
      "$A=${A}${A}\nk ${A}",
      "$A=~SEQ(I,9) $A\n$A",
      `${nested} k`,
      "$A=a$A\n".repeat(50) + "k $A\n".repeat(500),
    ]) {
      expect(effective(text).items.length).toBeLessThan(200_000);
    }
  });

  it("leaves a file without conditions, repetitions and definitions as it is", () => {
    const plain = fc.array(fc.constantFrom("{", "}", "#", '"', "\\", "\n", " ", "a", "priority 100"), {
      maxLength: 50,
    });
    fc.assert(
      fc.property(plain, (parts) => {
        const text = parts.join("");
        expect(printConfig(effective(text))).toBe(text);
      }),
    );
  });
});
