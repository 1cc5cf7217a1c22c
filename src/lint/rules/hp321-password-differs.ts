// HP321: nodes that refuse each other's adverts because their authentication is not the same.

import {
  type AuthenticationInForce,
  authenticationInForce,
  authenticationPlace,
  isPasswordUnknown,
  PASSWORD_BYTES,
} from "../facts/authentication.ts";
import { examplePair } from "../examples/example-instance.ts";
import type { Finding, Rule } from "../rule.ts";
import type { RouterMember, VirtualRouter } from "../subject.ts";

const pair = examplePair();

export const rule: Rule = {
  code: "HP321",
  name: "password-differs",
  severity: "error",
  scope: "pair",
  versions: "same",
  summary:
    "auth_pass differs within its first 8 bytes, auth_type differs, or only one node has authentication",
  explanation: `keepalived drops every version 2 advert whose authentication type or password is not its own. The nodes do not hear each other then: each becomes MASTER and holds the address.

The first 8 bytes are compared, a shorter password filled up with zeroes. A password that is missing or was lost (to a comment mark, or in a block on one line) switches authentication off on that node.`,
  source: "keepalived-behaviour 4 (tested with 2.2.7), 9.7; F17",
  bad: { ...pair, lb2: exampleBad(pair["lb2"] ?? "") },
  good: pair,
  check: function* ({ routers }) {
    for (const router of routers) yield* differences(router);
  },
};

function exampleBad(text: string): string {
  return text.replace(/auth_pass .*/, "auth_pass s3cret24");
}

function* differences(router: VirtualRouter): Iterable<Finding> {
  if (router.members.length < 2) return;
  const [first, ...others] = router.members.filter((member) => !isPasswordUnknown(member));
  if (first === undefined) return;
  for (const member of others) {
    if (!isComparable(first, member)) continue;
    const difference = differenceOf(first, member);
    if (difference === undefined) continue;
    yield {
      message: difference,
      at: authenticationPlace(member),
      consequence: "each drops the other's adverts, so both become MASTER and hold the address",
      advice: "the same auth_type and the same auth_pass, of at most 8 bytes, on every node",
      related: [
        { at: authenticationPlace(first), message: `${first.node.name} has ${told(inForce(first))}` },
      ],
    };
  }
}

/** Whether they would hear each other but for this; other rules say what else keeps them apart. */
function isComparable({ instance: one }: RouterMember, { instance: other }: RouterMember): boolean {
  return (
    one.version === 2 &&
    other.version === 2 &&
    one.family === other.family &&
    one.virtualRouterId === other.virtualRouterId
  );
}

function inForce({ instance }: RouterMember): AuthenticationInForce | undefined {
  return authenticationInForce(instance);
}

function told(authentication: AuthenticationInForce | undefined): string {
  return authentication === undefined ? "no authentication" : `auth_type ${authentication.type}`;
}

function differenceOf(first: RouterMember, second: RouterMember): string | undefined {
  const [one, other] = [inForce(first), inForce(second)];
  const [oneName, otherName] = [first.node.name, second.node.name];
  if (one?.type !== other?.type) return `${otherName} has ${told(other)}, ${oneName} has ${told(one)}`;
  if (one === undefined || other === undefined || one.password.sameWithin(other.password, PASSWORD_BYTES))
    return undefined;
  return `${otherName} and ${oneName} have passwords that differ within the first ${PASSWORD_BYTES} bytes`;
}
