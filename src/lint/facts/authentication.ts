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
} from "../../keepalived/index.ts";
import { sourceAt } from "./effective-priority.ts";
import { inKeepalived, type LintedNode, lineOf, type Place, type RouterMember } from "../subject.ts";
import { isTemplate } from "./template.ts";

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
  if (isTemplate(node)) return true;
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

/** The lines of each instance's authentication blocks, as the daemon has them, by the instance's name. */
export function authenticationLines({
  configuration,
}: LintedNode): ReadonlyMap<string, readonly Statement[]> {
  const lines = new Map<string, readonly Statement[]>();
  for (const { header, items } of blocksNamed(configuration.tree.items, "vrrp_instance")) {
    const name = header === undefined ? undefined : argumentsOf(header)[0]?.value;
    // Of two instances with one name the daemon keeps the first.
    if (name !== undefined && !lines.has(name)) lines.set(name, linesOf(items, "authentication"));
  }
  return lines;
}

/** Where the last line of the block with the keyword is, else the block. */
export function authenticationLinePlace({ node, instance }: RouterMember, keyword: string): Place {
  const lines = authenticationLines(node).get(instance.name) ?? [];
  const line = lines.findLast((each) => each.keyword.value === keyword);
  return inKeepalived(node, line === undefined ? lineOf(instance, "authentication") : spanOf(line));
}
