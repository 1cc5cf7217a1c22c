// The way back: which key of pair.yaml stands behind a keyword of the rendered keepalived.conf, so that a finding points at what a person wrote.

type Path = readonly (string | number)[];

/** By keyword: the keys that may set it, nearest first; `ROUTER` and `NODE` stand for their names. */
const PATHS: Readonly<Record<string, readonly Path[]>> = {
  virtual_router_id: [
    ["routers", "ROUTER", "id"],
    ["vrrp", "id"],
  ],
  priority: [["routers", "ROUTER", "prefer"], ["nodes"]],
  version: [["profile"], ["routers", "ROUTER"], ["vrrp"]],
  advert_int: [["routers", "ROUTER", "advert_int"], ["vrrp", "advert_int"], ["profile"]],
  nopreempt: [["promises", "failback"], ["routers", "ROUTER"], ["vrrp"]],
  interface: [["nodes", "NODE", "interface"]],
  unicast_src_ip: [["nodes", "NODE", "address"]],
  unicast_peer: [["nodes"]],
  auth_pass: [
    ["routers", "ROUTER", "password"],
    ["vrrp", "password"],
  ],
  auth_type: [
    ["routers", "ROUTER", "password"],
    ["vrrp", "password"],
  ],
  virtual_ipaddress: [["routers", "ROUTER", "vips"], ["vips"]],
  virtual_ipaddress_excluded: [["routers", "ROUTER", "vips"], ["vips"]],
  interval: [["check", "interval"], ["check"]],
  fall: [["check", "fall"], ["check"]],
  rise: [["check", "rise"], ["check"]],
  timeout: [["check", "interval"], ["check"]],
};

const EVERYWHERE: readonly Path[] = [["routers", "ROUTER"], ["vrrp"], ["nodes"], ["pair"]];

/** Paths into pair.yaml to look for, the most exact first. `keyword` is the line's or, in a block without keywords, the block's. */
export function pairPathsOf(keyword: string, router: string, node: string): Path[] {
  const paths = [...(Object.hasOwn(PATHS, keyword) ? (PATHS[keyword] ?? []) : []), ...EVERYWHERE];
  return paths.map((path) =>
    path.map((key) => {
      if (key === "ROUTER") return router;
      return key === "NODE" ? node : key;
    }),
  );
}
