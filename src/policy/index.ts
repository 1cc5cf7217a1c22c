// policy: every decision about who should have the VIP, as pure functions over plain values. Pure; imports base alone.
export type { TrafficLimit, TrafficRule } from "./traffic-rule.ts";
