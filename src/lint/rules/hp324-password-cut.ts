// HP324: a password of which the daemon reads less than is written, because of a comment mark or because it stands behind another keyword.

import { argumentsOf, spanOf, type Statement } from "../../keepalived/index.ts";
import { authenticationInForce, authenticationLines, PASSWORD_BYTES } from "../facts/authentication.ts";
import { sourceAt } from "../facts/effective-priority.ts";
import { exampleNode } from "../examples/example-instance.ts";
import type { Finding, Rule } from "../rule.ts";
import { inKeepalived, type RouterMember, type VirtualRouter } from "../subject.ts";

export const rule: Rule = {
  code: "HP324",
  name: "password-cut",
  severity: "error",
  scope: "node",
  versions: "same",
  summary: "an unquoted # or ! in auth_pass, or auth_type and auth_pass on one line",
  explanation: `# and ! begin a comment anywhere in a line of keepalived.conf, also in the middle of a word, and a backslash before them does not help in auth_pass. Of sec#et keepalived takes sec. If nothing is left in front of the mark, the keyword has no argument and keepalived ends, at a reload too.

keepalived reads one keyword in a line, also inside braces: of authentication { auth_type PASS auth_pass x } it reads the type alone and then runs without authentication, because there is no password.

A node that has the same password in quotes, or on a line of its own, has another one. Where all nodes lose the same, they still agree, and the finding is a warning.`,
  source: "keepalived-behaviour 6.1, 9.8 and 9.29 (tested with 2.2.7 and 2.3.3)",
  bad: { lb1: exampleNode(0).replace(/auth_pass .*/, "auth_pass sec#et") },
  good: { lb1: exampleNode(0).replace(/auth_pass .*/, 'auth_pass "sec#et" # in quotes') },
  check: function* ({ nodes, routers }) {
    const alike = new Set(
      routers
        .filter((router) => agree(router))
        .flatMap(({ members }) => members.map((each) => each.instance)),
    );
    for (const node of nodes) {
      const linesByInstance = authenticationLines(node);
      for (const instance of node.configuration.instances) {
        // In version 3 and in strict mode there is no password to lose.
        if (instance.version === 3 || instance.strict) continue;
        const member = { node, instance };
        const lines = linesByInstance.get(instance.name) ?? [];
        for (const line of lines) yield* lostBehindKeyword(member, line, alike.has(instance));
        yield* cutByComment(member, lines, alike.has(instance));
      }
    }
  },
};

/** Whether all nodes are left with one and the same password, or all without: then they take each other's adverts. */
function agree({ members }: VirtualRouter): boolean {
  const [first, ...others] = members.map(({ instance }) => authenticationInForce(instance));
  return (
    others.length > 0 &&
    others.every(
      (other) =>
        other?.type === first?.type &&
        (other === undefined ||
          first === undefined ||
          other.password.sameWithin(first.password, PASSWORD_BYTES)),
    )
  );
}

const KEYWORDS: ReadonlySet<string> = new Set(["auth_type", "auth_pass"]);

/** `auth_type PASS auth_pass x`: what stands behind the first keyword's argument is not read. */
function* lostBehindKeyword(
  { node, instance }: RouterMember,
  line: Statement,
  alike: boolean,
): Iterable<Finding> {
  const { value: keyword } = line.keyword;
  const lost = argumentsOf(line)
    .slice(1)
    .find((word) => !word.quoted && KEYWORDS.has(word.value) && word.value !== keyword)?.value;
  if (!KEYWORDS.has(keyword) || lost === undefined) return;
  const { authentication } = instance;
  // It may stand on a line of its own besides.
  if (lost === "auth_pass" ? authentication?.password !== undefined : authentication !== undefined) return;
  yield {
    message: `${node.name}: ${lost} of ${instance.name} stands on the line of ${keyword}, and keepalived reads one keyword in a line`,
    at: inKeepalived(node, line.keyword.span),
    consequence: alike
      ? `${lost} is lost and the instance runs without authentication, as it does on the other nodes: anybody's adverts are taken`
      : `${lost} is lost and the instance runs without authentication: a node that has it refuses this one's adverts, and both hold the address`,
    advice: `${lost} on a line of its own`,
    ...(alike ? { severity: "warning" as const } : {}),
  };
}

/** The lines of auth_pass, or the one that a password comes from, with a comment mark glued to the password or in its place. */
function* cutByComment(
  { node, instance }: RouterMember,
  lines: readonly Statement[],
  alike: boolean,
): Iterable<Finding> {
  const { passwordSpan, password } = instance.authentication ?? {};
  const line = lines.findLast((each) => each.keyword.value === "auth_pass");
  const span = passwordSpan ?? (line === undefined ? undefined : spanOf(line));
  if (span === undefined) return;
  // Far enough for what matters: whether the rest is one word.
  const rest = sourceAt(node, { start: span.end, end: span.end + REST_MAX }).split(/\r?\n/, 1)[0] ?? "";
  const mark = (password === undefined ? /^\s+\\?([#!])\S/ : /^\\?([#!])/).exec(rest)?.[1];
  if (mark === undefined) return;
  const bytes = password?.byteLength ?? 0;
  // The part that counts is whole.
  if (bytes >= PASSWORD_BYTES) return;
  // `secret# the old one`: a comment, more likely than a password with blanks.
  const oneWord = !/\s/.test(rest.trim());
  yield {
    message:
      password === undefined
        ? `${node.name}: the auth_pass of ${instance.name} begins with ${mark}, which begins a comment: no password is left`
        : `${node.name}: the auth_pass of ${instance.name} ends before the ${mark} inside it, which begins a comment: ${bytes === 1 ? "1 byte is" : `${bytes} bytes are`} left`,
    at: inKeepalived(node, span),
    consequence:
      password === undefined
        ? "keepalived ends when it reads auth_pass without a value, at a reload too, and then leaves the address up"
        : alike
          ? "the password in force is another than the one that was meant, on the other nodes too: they take each other's adverts until somebody puts it in quotes on one of them"
          : "the password in force is another than the one that was meant: a node that has the whole of it refuses this one's adverts, and both hold the address",
    advice: 'the password in double quotes: auth_pass "..."; or one without # and !',
    ...(oneWord && (password === undefined || !alike) ? {} : { severity: "warning" as const }),
  };
}

const REST_MAX = 200;
