// How much a site costs to simulate. Rule: whoever takes a site from outside asks here first, since a file of a page can describe hundreds of instances that
// advertise a hundred times a second.

import type { Site } from "./site.ts";

const SECOND_US = 1_000_000;

/**
 * How many instances are asked what they make of an advert, in a second of a quiet site: each router's MASTER speaks, and every instance of every other
 * node looks. A pair with one address and advert_int 1 has 1, with advert_int 0.1 it has 10.
 */
export function advertsHeardPerSecond(site: Site): number {
  const layouts = site.nodes.map(({ layouts: [first] }) => first);
  const mostInstances = Math.max(0, ...layouts.map(({ instances }) => instances.length));
  const spoken = site.routers.reduce((sum, _router, router) => {
    const intervals = layouts.flatMap(({ instances }) =>
      instances
        .filter((instance) => instance.router === router)
        .map(({ settings }) => settings.advertIntervalUs),
    );
    return intervals.length === 0 ? sum : sum + SECOND_US / Math.min(...intervals);
  }, 0);
  return spoken * Math.max(1, site.nodes.length - 1) * mostInstances;
}
