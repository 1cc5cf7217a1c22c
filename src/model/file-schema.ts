// The shape of pair.yaml in zod: which keys there are, and the kind of each value. The JSON Schema for editors is made from it.
// Rule: shape only. What a value means (addresses, references between keys) is read afterwards, where its place in the file is at hand.

import * as z from "zod";
import { agentKeys } from "./file-schema-agent.ts";
import { parameterTable } from "./parameters.ts";
import { described, key, namePattern, secretAt, text } from "./schema-words.ts";

const name = z.string().regex(namePattern);
const secondsMax = 3600;
const promiseMsMax = 3_600_000;

function ranged(parameter: "virtual_router_id" | "advert_int" | "interval" | "fall" | "rise"): z.ZodNumber {
  const { minimum, maximum, wholeNumbers } = parameterTable[parameter].accepted ?? {
    minimum: 0,
    maximum: 0,
    wholeNumbers: true,
  };
  return (wholeNumbers ? z.int() : z.number()).min(minimum).max(maximum);
}

const vrrpKeys = {
  id: described("vrrp.id", ranged("virtual_router_id").optional()),
  password: described("vrrp.password", secretAt("vrrp.password").optional()),
  advert_int: described("vrrp.advert_int", ranged("advert_int").optional()),
  version: described("vrrp.version", z.union([z.literal(2), z.literal(3)]).optional()),
};

const sshMap = z.strictObject({
  user: described("nodes.*.ssh.user", text.optional()),
  host: described("nodes.*.ssh.host", text),
  port: described("nodes.*.ssh.port", z.int().min(1).max(65_535).optional()),
});

const node = z.strictObject({
  address: described(
    "nodes.*.address",
    z.union([text, z.array(described("nodes.*.address.*", text)).min(1).max(2)]),
  ),
  interface: described("nodes.*.interface", text),
  ssh: described("nodes.*.ssh", z.union([text, sshMap]).optional()),
});

const vip = z.union([
  text,
  z.strictObject({
    address: described("vips.*.address", text),
    interface: described("vips.*.interface", text.optional()),
  }),
]);

const vips = z.record(key, described("vips.*", vip)).meta({ minProperties: 1 });

const router = z.strictObject({
  ...vrrpKeys,
  id: described("routers.*.id", ranged("virtual_router_id")),
  prefer: described("routers.*.prefer", z.array(described("routers.*.prefer.*", text)).optional()),
  vips: described("vips", vips),
});

const check = z.strictObject({
  interval: described("check.interval", ranged("interval").optional()),
  fall: described("check.fall", ranged("fall").optional()),
  rise: described("check.rise", ranged("rise").optional()),
  time_limit: described("check.time_limit", z.number().min(0.01).max(secondsMax).optional()),
});

const carriedFile = z.strictObject({
  from: described("haproxy.files.*.from", text),
  to: described("haproxy.files.*.to", text),
  mode: described("haproxy.files.*.mode", z.union([z.string(), z.number()]).optional()),
  secret: described("haproxy.files.*.secret", z.boolean().optional()),
});

const haproxy = z.strictObject({
  config: described("haproxy.config", text),
  files: described("haproxy.files", z.array(described("haproxy.files.*", carriedFile)).optional()),
  health: described("haproxy.health", text.optional()),
});

const promiseMs = z.number().min(1).max(promiseMsMax).optional();

const promises = z.strictObject({
  service_stop_ms: described("promises.service_stop_ms", promiseMs),
  service_crash_ms: described("promises.service_crash_ms", promiseMs),
  service_hang_ms: described("promises.service_hang_ms", promiseMs),
  node_loss_ms: described("promises.node_loss_ms", promiseMs),
  keepalived_stop_ms: described("promises.keepalived_stop_ms", promiseMs),
  failback: described("promises.failback", z.enum(["never", "allowed"]).optional()),
});

const network = z.strictObject({
  keep_configuration: described("network.keep_configuration", z.boolean().optional()),
});

const lastResort = z.enum(["take", "stay"]).optional();

const maintenance = z
  .strictObject({
    last_resort: described("maintenance.last_resort", lastResort),
    "last-resort": described("maintenance.last-resort", lastResort),
    silence: described("maintenance.silence", text.optional()),
    limit: described("maintenance.limit", text.optional()),
    drain: described("maintenance.drain", text.optional()),
  })
  // For editors: one spelling at a time.
  .meta({ not: { required: ["last_resort", "last-resort"] } });

export const pairFileSchema = z
  .strictObject({
    pair: described("pair", name),
    profile: described("profile", z.enum(["classic", "fast"]).optional()),
    nodes: described("nodes", z.record(key, described("nodes.*", node)).meta({ minProperties: 2 })),
    vips: described("vips", vips.optional()),
    vrrp: described("vrrp", z.strictObject(vrrpKeys).optional()),
    routers: described(
      "routers",
      z.record(key, described("routers.*", router)).meta({ minProperties: 1 }).optional(),
    ),
    check: described("check", check.optional()),
    haproxy: described("haproxy", haproxy),
    promises: described("promises", promises.optional()),
    maintenance: described("maintenance", maintenance.optional()),
    network: described("network", network.optional()),
    ...agentKeys,
  })
  .meta({
    // For editors: one router by vips and vrrp, or several by routers.
    oneOf: [{ required: ["vips", "vrrp"] }, { required: ["routers"], not: { required: ["vips"] } }],
  });

/** A pair file of the right shape, as it was written: short forms and no defaults. */
export type PairFile = z.output<typeof pairFileSchema>;
