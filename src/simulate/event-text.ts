// A scenario's events in a person's words, as the heading of what follows from them.

import type { Happening, HappeningKind } from "../scenario/index.ts";
import { secondsText } from "./time-words.ts";

type Of<Kind extends HappeningKind, Any = Happening> = Any extends { readonly kind: infer Has }
  ? Kind extends Has
    ? Any
    : never
  : never;

const DIRECTIONS = { in: "arriving", out: "leaving", both: "both ways" } as const;

const texts: { readonly [Kind in HappeningKind]: (action: Of<Kind>) => string } = {
  "stop-service": ({ service }) => `systemctl stop ${service}`,
  "start-service": ({ service }) => `systemctl start ${service}`,
  "restart-service": ({ service }) => `systemctl restart ${service}`,
  "kill-service": ({ service }) => `${service} is killed (-9)`,
  "freeze-service": ({ service }) => `${service} hangs (SIGSTOP)`,
  "thaw-service": ({ service }) => `${service} goes on (SIGCONT)`,
  "power-off": () => "the power goes",
  "power-on": () => "the power returns",
  "cut-cable": () => "the cable is cut",
  "restore-cable": () => "the cable is in again",
  "delete-vip": () => "somebody deletes the VIP",
  "block-vrrp": ({ direction }) => `VRRP is blocked, ${DIRECTIONS[direction]}`,
  "unblock-vrrp": () => "VRRP is let through again",
  "block-backends": () => "no server can be reached",
  "unblock-backends": () => "the servers can be reached again",
  switch: () => "hapair switch",
  "maintenance-on": () => "hapair maintenance on",
  "maintenance-off": () => "hapair maintenance off",
  roll: () => "hapair roll with reboots",
  "mend-switch": () => "what a switch left open is closed",
  reload: ({ config }) =>
    config === undefined ? "keepalived reloads its file" : `keepalived reloads, now with ${config}`,
  "kill-keepalived": ({ process }) => `keepalived's ${process} process is killed (-9)`,
  "fail-check": ({ check }) => `${check} fails from now on`,
  "hang-check": ({ check }) => `${check} hangs from now on`,
  "pass-check": ({ check }) => `${check} passes from now on`,
  "write-file": ({ file, value }) => `${value} is written into ${file}`,
  isolate: () => "everything from and to it is lost",
  rejoin: () => "the network reaches it again",
  "delay-link": ({ delayMs }) => `every packet from and to it takes ${secondsText(delayMs * 1000)}`,
};

/** `systemctl stop haproxy`; the node's name is for the caller to add. */
export function eventText(action: Happening): string {
  // Each row takes the happening of its own name.
  return (texts[action.kind] as (action: Happening) => string)(action);
}
