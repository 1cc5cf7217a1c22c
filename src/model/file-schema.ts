// The shape of pair.yaml in zod: which keys there are, and the kind of each value. The JSON Schema for editors is made from it.
// Rule: shape only. What a value means (addresses, references between keys) is read afterwards, where its place in the file is at hand.
// zod/mini: every command that reads a pair.yaml builds this schema, and zod itself takes three times as long to load and to build it.

import * as z from "zod/mini";
import { agentKeys } from "./file-schema-agent.ts";
import { parameterTable } from "./parameters.ts";
import { key, list, namePattern, number, secret, text, whole } from "./schema-words.ts";

const name = z.string().check(z.regex(namePattern));
const secondsMax = 3600;
const promiseMsMax = 3_600_000;

function ranged(parameter: "virtual_router_id" | "advert_int" | "interval" | "fall" | "rise") {
  const { minimum, maximum, wholeNumbers } = parameterTable[parameter].accepted ?? {
    minimum: 0,
    maximum: 0,
    wholeNumbers: true,
  };
  return wholeNumbers ? whole(minimum, maximum) : number(minimum, maximum);
}

const vrrpKeys = {
  id: z.optional(ranged("virtual_router_id")),
  password: z.optional(secret),
  advert_int: z.optional(ranged("advert_int")),
  version: z.optional(z.union([z.literal(2), z.literal(3)])),
};

const sshMap = z.strictObject({
  user: z.optional(text),
  host: text,
  port: z.optional(whole(1, 65_535)),
});

const node = z.strictObject({
  address: z.union([text, list(text, 1, 2)]),
  interface: text,
  ssh: z.optional(z.union([text, sshMap])),
});

const vip = z.union([text, z.strictObject({ address: text, interface: z.optional(text) })]);

const vips = z.record(key, vip).register(z.globalRegistry, { minProperties: 1 });

const router = z.strictObject({
  ...vrrpKeys,
  id: ranged("virtual_router_id"),
  prefer: z.optional(z.array(text)),
  vips,
});

const check = z.strictObject({
  interval: z.optional(ranged("interval")),
  fall: z.optional(ranged("fall")),
  rise: z.optional(ranged("rise")),
  time_limit: z.optional(number(0.01, secondsMax)),
});

const carriedFile = z.strictObject({
  from: text,
  to: text,
  mode: z.optional(z.union([z.string(), z.number()])),
  secret: z.optional(z.boolean()),
});

const haproxy = z.strictObject({
  config: text,
  files: z.optional(z.array(carriedFile)),
  health: z.optional(text),
});

const promiseMs = z.optional(number(1, promiseMsMax));

const promises = z.strictObject({
  service_stop_ms: promiseMs,
  service_crash_ms: promiseMs,
  service_hang_ms: promiseMs,
  node_loss_ms: promiseMs,
  keepalived_stop_ms: promiseMs,
  failback: z.optional(z.enum(["never", "allowed"])),
});

const network = z.strictObject({ keep_configuration: z.optional(z.boolean()) });

const lastResort = z.optional(z.enum(["take", "stay"]));

const maintenance = z
  .strictObject({
    last_resort: lastResort,
    "last-resort": lastResort,
    silence: z.optional(text),
    limit: z.optional(text),
    drain: z.optional(text),
  })
  // For editors: one spelling at a time.
  .register(z.globalRegistry, { not: { required: ["last_resort", "last-resort"] } });

export const pairFileSchema = z
  .strictObject({
    pair: name,
    profile: z.optional(z.enum(["classic", "fast"])),
    nodes: z.record(key, node).register(z.globalRegistry, { minProperties: 2 }),
    vips: z.optional(vips),
    vrrp: z.optional(z.strictObject(vrrpKeys)),
    routers: z.optional(z.record(key, router).register(z.globalRegistry, { minProperties: 1 })),
    check: z.optional(check),
    haproxy,
    promises: z.optional(promises),
    maintenance: z.optional(maintenance),
    network: z.optional(network),
    ...agentKeys,
  })
  .register(z.globalRegistry, {
    // For editors: one router by vips and vrrp, or several by routers.
    oneOf: [{ required: ["vips", "vrrp"] }, { required: ["routers"], not: { required: ["vips"] } }],
  });

/** A pair file of the right shape, as it was written: short forms and no defaults. */
export type PairFile = z.output<typeof pairFileSchema>;
