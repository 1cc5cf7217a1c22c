// Who is at work, for locks and notes on the nodes.

import { hostname, userInfo } from "node:os";

/** `user@machine`. */
export function operator(): string {
  return `${userInfo().username}@${hostname()}`;
}
