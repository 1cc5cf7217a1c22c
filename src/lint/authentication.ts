// What authentication an instance really has, and where its lines are. Rule: no password leaves this file, nor any rule; lengths and comparisons do.

import {
  argumentsOf,
  blocksNamed,
  isPlaceholder,
  type KeepalivedInstance,
  linesOf,
  type MaskedText,
  maskedText,
  spanOf,
  type Statement,
} from "../keepalived/index.ts";
import { sourceAt } from "./effective-priority.ts";
import { inKeepalived, lineOf, type Place, type RouterMember } from "./subject.ts";

/** How many bytes of a password keepalived uses. */
export const PASSWORD_BYTES = 8;

export interface AuthenticationInForce {
  readonly type: "PASS" | "AH";
  readonly password: MaskedText;
}

/** undefined: the instance speaks without authentication, whatever its block says (version 3, strict mode, no password). */
export function authenticationInForce({
  authentication,
  version,
  family,
  strict,
}: KeepalivedInstance): AuthenticationInForce | undefined {
  const { type, password } = authentication ?? {};
  if (type === undefined || password === undefined || password.byteLength === 0) return undefined;
  if (version === 3 || strict || (family === 6 && type === "AH")) return undefined;
  return { type, password };
}

/** Whether somebody was to fill the password in: nobody knows it, here or on another node. */
export function isPasswordUnknown({ node, instance }: RouterMember): boolean {
  const { password, passwordSpan } = instance.authentication ?? {};
  if (password === undefined || passwordSpan === undefined) return false;
  const written = sourceAt(node, passwordSpan);
  // A definition's value stands elsewhere, and is known.
  const literal = password.sameWithin(maskedText(written), Math.max(password.byteLength, written.length));
  return literal && isPlaceholder(written);
}

/** Where the password is, else the block. */
export function authenticationPlace({ node, instance }: RouterMember): Place {
  const span = instance.authentication?.passwordSpan ?? lineOf(instance, "authentication");
  return inKeepalived(node, span);
}

/** The lines of the instance's authentication blocks, as the daemon has them. */
export function authenticationLines({ node, instance }: RouterMember): Statement[] {
  const block = blocksNamed(node.configuration.tree.items, "vrrp_instance").find(
    ({ header }) => header !== undefined && argumentsOf(header)[0]?.value === instance.name,
  );
  return linesOf(block?.items ?? [], "authentication");
}

/** Where the last line of the block with the keyword is, else the block. */
export function authenticationLinePlace(member: RouterMember, keyword: string): Place {
  const line = authenticationLines(member).findLast((each) => each.keyword.value === keyword);
  const span = line === undefined ? lineOf(member.instance, "authentication") : spanOf(line);
  return inKeepalived(member.node, span);
}
