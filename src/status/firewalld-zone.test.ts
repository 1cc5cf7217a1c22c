import { expect, test } from "vitest";
import { permanentVerdict } from "./firewalld-zone.ts";

const PEER = "10.150.160.30";

function verdict(zone: string, further: Partial<Parameters<typeof permanentVerdict>[0]> = {}): string {
  const onlyZone = [{ path: "/etc/firewalld/zones/public.xml", text: `<zone ${zone}</zone>` }];
  return permanentVerdict(
    { active: true, defaultZone: "public", zones: onlyZone, ...further },
    "ens192",
    PEER,
  ).answer;
}

test.each([
  ["nothing", '><service name="ssh"/>', "not-allowed"],
  ["the protocol", '><protocol value="vrrp"/>', "allowed"],
  ["another protocol", '><protocol value="esp"/>', "not-allowed"],
  ["a zone that accepts all", 'target="ACCEPT">', "allowed"],
  [
    "a rich rule for the peer",
    '><rule family="ipv4"><source address="10.150.160.30/32"/><protocol value="vrrp"/><accept/></rule>',
    "allowed",
  ],
  [
    "a rich rule for its network",
    '><rule family="ipv4"><source address="10.150.160.0/24"/><protocol value="112"/><accept/></rule>',
    "allowed",
  ],
  [
    "a rich rule for another",
    '><rule family="ipv4"><source address="10.150.160.99"/><protocol value="vrrp"/><accept/></rule>',
    "not-allowed",
  ],
  [
    "a rich rule for all but the peer",
    '><rule family="ipv4"><source address="10.150.160.30" invert="True"/><protocol value="vrrp"/><accept/></rule>',
    "not-allowed",
  ],
  [
    "a rich rule that drops",
    '><rule family="ipv4"><source address="10.150.160.30"/><protocol value="vrrp"/><drop/></rule>',
    "not-allowed",
  ],
])("%s", (_name, zone, answer) => {
  expect(verdict(zone)).toBe(answer);
});

function zones(...texts: readonly (readonly [string, string])[]): {
  zones: { path: string; text: string }[];
} {
  return { zones: texts.map(([path, text]) => ({ path, text })) };
}

test("the zone is that of the peer's address, else of the interface, else the default one; /etc goes before /usr/lib", () => {
  const open = '<zone><protocol value="vrrp"/></zone>';
  const shut = "<zone></zone>";
  expect(
    verdict(
      "",
      zones(["/etc/z/public.xml", shut], ["/etc/z/lb.xml", `<zone><interface name="ens192"/>${open}`]),
    ),
  ).toBe("allowed");
  expect(
    verdict(
      "",
      zones(
        ["/etc/z/lb.xml", `<zone><interface name="ens192"/>${open}`],
        ["/etc/z/peers.xml", `<zone><source address="${PEER}"/></zone>`],
      ),
    ),
  ).toBe("not-allowed");
  expect(verdict("", zones(["/etc/z/public.xml", shut], ["/usr/lib/z/public.xml", open]))).toBe(
    "not-allowed",
  );
  expect(verdict("", zones(["/etc/z/other.xml", open]))).toBe("unknown");
});

test("a direct rule about VRRP is not judged", () => {
  expect(verdict(">", { direct: "<direct><rule ...>-p vrrp -j ACCEPT</rule></direct>" })).toBe("unknown");
});
