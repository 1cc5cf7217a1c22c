// What the files have and pair.yaml has no word for: it will not be in the rendered files, and each of it is named.
// Rule: keywords and names are told, values are not: a command or an address of a mail server may hold a secret.

import { counted, sentenceList } from "../base/index.ts";
import { NOTIFY_KEYWORDS, spanOf, statementsIn, wordsOf } from "../keepalived/index.ts";
import type { Block, CommandLine, GarpSettings, Item } from "../keepalived/index.ts";
import { byText, type NodeRemark, type NoteList } from "./note.ts";
import { itemsOfInstance, type NamedNode, placeOf } from "./subject.ts";

/** Where hapair's own watched files lie on a node. */
const WATCH_DIRECTORY = "/run/hapair/";

/** Whether the node's file was rendered by hapair: it watches hapair's files. */
export function isRendered({ configuration }: NamedNode): boolean {
  return configuration.trackFiles.some(({ path }) => path?.startsWith(WATCH_DIRECTORY) === true);
}

/** What a node's files have, as a sentence's subject, and the keywords that stand for it. */
interface Finding {
  readonly text: string;
  readonly keywords: readonly string[];
  readonly span: { readonly start: number; readonly end: number } | undefined;
}

/** Notes on everything that import does not carry over. */
export function remarkBeyond(nodes: readonly NamedNode[], notes: NoteList): void {
  const keywordsByText = new Map<string, Set<string>>();
  const remarks = nodes.flatMap((node) =>
    findingsOf(node).map(({ text, keywords, span }): NodeRemark => {
      keywordsByText.set(text, new Set([...(keywordsByText.get(text) ?? []), ...keywords]));
      return { node: node.name, text, ...(span === undefined ? {} : { span }) };
    }),
  );
  for (const { names, nodes: having, text, first } of byText(remarks)) {
    notes.add({
      kind: "cannot-express",
      message: `${names}: ${text}`,
      node: first.node,
      nodes: having,
      ...(first.span === undefined ? {} : { span: first.span }),
      keywords: [...(keywordsByText.get(text) ?? [])],
    });
  }
}

function findingsOf(node: NamedNode): Finding[] {
  return [
    ...globalFindings(node),
    ...blockFindings(node),
    ...trackerFindings(node),
    ...instanceFindings(node),
  ];
}

function globalFindings({ configuration }: NamedNode): Finding[] {
  const { globals } = configuration;
  const at = (...keywords: readonly string[]): Finding["span"] =>
    keywords.map((keyword) => globals.lines.get(keyword)).find((span) => span !== undefined);
  const candidates: readonly (Finding & { readonly is: boolean })[] = [
    {
      is: globals.strict,
      text: "vrrp_strict: it would drop the traffic to the virtual addresses and refuse unicast.",
      keywords: STRICT_KEYWORDS,
      span: at("vrrp_strict"),
    },
    {
      is:
        globals.smtpAlert ||
        globals.smtpServer !== undefined ||
        globals.notificationEmails.length > 0 ||
        globals.notificationEmailFrom !== undefined,
      text: "mail on state changes (smtp_server, notification_email).",
      keywords: MAIL_KEYWORDS,
      span: at(...MAIL_KEYWORDS),
    },
    {
      is: globals.commands.length > 0,
      text: commandsText(globals.commands),
      keywords: globals.commands.map(({ keyword }) => keyword),
      span: globals.commands[0]?.span,
    },
  ];
  const further = [...extraLines(globalItems(configuration.tree.items), GLOBAL_KNOWN)];
  return [
    ...candidates.filter(({ is }) => is),
    ...(further.length === 0
      ? []
      : [
          {
            text: `${sentenceList(further.map(({ keyword }) => keyword))} of global_defs.`,
            // vrrp_skip_check_adv_addr and its like are what instances have that say nothing themselves.
            keywords: further.flatMap(({ keyword }) => [keyword, keyword.replace(/^vrrp_/, "")]),
            span: further[0]?.span,
          },
        ]),
  ];
}

/** What hapair's instances have: keepalived's defaults, but garp_master_refresh (which may be 0 where hapair adds it). */
const GARP: Readonly<
  Record<
    string,
    { readonly is: (garp: GarpSettings) => boolean; readonly text: (garp: GarpSettings) => string }
  >
> = {
  garp_master_delay: { is: (garp) => garp.masterDelayS === 5, text: (garp) => String(garp.masterDelayS) },
  garp_master_repeat: { is: (garp) => garp.masterRepeat === 5, text: (garp) => String(garp.masterRepeat) },
  garp_master_refresh: {
    is: (garp) => garp.masterRefreshS <= 1,
    text: (garp) => String(garp.masterRefreshS),
  },
  garp_master_refresh_repeat: {
    is: (garp) => garp.masterRefreshRepeat === 1,
    text: (garp) => String(garp.masterRefreshRepeat),
  },
  garp_lower_prio_delay: {
    is: (garp) => garp.lowerPriorityDelayS === 5,
    text: (garp) => String(garp.lowerPriorityDelayS),
  },
  garp_lower_prio_repeat: {
    is: (garp) => garp.lowerPriorityRepeat === 5,
    text: (garp) => String(garp.lowerPriorityRepeat),
  },
};

/** The keywords that set them, in an instance and for all of them. */
const GARP_KEYWORDS = Object.keys(GARP).flatMap((keyword) => [keyword, `vrrp_${keyword}`]);

const STRICT_KEYWORDS = ["strict_mode", "vrrp_strict", "no_accept"];

const MAIL_KEYWORDS = [
  "notification_email",
  "notification_email_from",
  "smtp_server",
  "smtp_connect_timeout",
  "smtp_helo_name",
  "smtp_alert",
  "smtp_alert_vrrp",
  "smtp_alert_checker",
  "no_email_faults",
  "no_checker_emails",
];

/** Keywords of global_defs that are told elsewhere, or that hapair writes itself. */
const GLOBAL_KNOWN: ReadonlySet<string> = new Set([
  ...MAIL_KEYWORDS,
  ...GARP_KEYWORDS,
  "router_id",
  "vrrp_version",
  "vrrp_strict",
  "vrrp_check_unicast_src",
  "enable_script_security",
  "script_user",
  "startup_script",
  "shutdown_script",
]);

/** Keywords of an instance that are told elsewhere, or that hapair writes itself. */
const INSTANCE_KNOWN: ReadonlySet<string> = new Set([
  ...GARP_KEYWORDS,
  "state",
  "interface",
  "virtual_router_id",
  "priority",
  "version",
  "advert_int",
  "nopreempt",
  "preempt",
  "preempt_delay",
  "unicast_src_ip",
  "unicast_peer",
  "mcast_src_ip",
  "check_unicast_src",
  "authentication",
  "virtual_ipaddress",
  "virtual_ipaddress_excluded",
  "native_ipv6",
  "track_script",
  "track_file",
  "track_process",
  "track_interface",
  ...NOTIFY_KEYWORDS,
  "smtp_alert",
  "use_vmac",
  "strict_mode",
]);

/** Blocks at the top of the file that are told elsewhere. */
const BLOCKS_KNOWN: ReadonlySet<string> = new Set([
  "global_defs",
  "vrrp_instance",
  "vrrp_script",
  "vrrp_sync_group",
  "track_file",
  "vrrp_track_file",
  "vrrp_track_process",
  "virtual_server",
  "virtual_server_group",
]);

function commandsText(commands: readonly CommandLine[]): string {
  const words = [...new Set(commands.map(({ keyword }) => keyword))];
  return `${sentenceList(words)}: the programs they run are not called any more.`;
}

interface ExtraLine {
  readonly keyword: string;
  readonly span: { readonly start: number; readonly end: number };
}

function* extraLines(items: readonly Item[], known: ReadonlySet<string>): Iterable<ExtraLine> {
  const told = new Set<string>();
  for (const item of items) {
    const header = item.kind === "statement" ? item : item.kind === "block" ? item.header : undefined;
    const keyword = header?.keyword.value ?? "";
    if (header === undefined || keyword === "" || known.has(keyword) || told.has(keyword)) continue;
    told.add(keyword);
    yield { keyword, span: spanOf(header) };
  }
}

function globalItems(items: readonly Item[]): Item[] {
  return blocks(items, "global_defs").flatMap((block) => [...block.items]);
}

function blocks(items: readonly Item[], keyword: string): Block[] {
  return items.filter(
    (item): item is Block => item.kind === "block" && item.header?.keyword.value === keyword,
  );
}

function blockFindings({ configuration }: NamedNode): Finding[] {
  const findings: Finding[] = [];
  const { items } = configuration.tree;
  if (configuration.virtualServers > 0)
    findings.push({
      text: `${counted(configuration.virtualServers, "virtual_server")}: the file serves LVS as well. hapair replaces the whole file, so they would be gone.`,
      keywords: ["virtual_server", "virtual_server blocks"],
      span: spanOfFirst(items, "virtual_server"),
    });
  for (const group of configuration.syncGroups)
    findings.push({
      text: `the sync group ${group.name} of ${sentenceList(group.members.map(({ name }) => name))}. hapair's check is FAULT for all routers of a node, so HAProxy's failure moves them together; a failure of one interface moves only its own.${group.commands.length === 0 ? "" : ` Its ${commandsText(group.commands)}`}`,
      keywords: ["vrrp_sync_group", ...group.commands.map(({ keyword }) => keyword)],
      span: group.span,
    });
  const further = [...extraLines(items, BLOCKS_KNOWN)];
  if (further.length > 0)
    findings.push({
      text: `${sentenceList(further.map(({ keyword }) => keyword))} at the top of the file.`,
      keywords: further.map(({ keyword }) => keyword),
      span: further[0]?.span,
    });
  return findings;
}

function spanOfFirst(items: readonly Item[], keyword: string): Finding["span"] {
  const [first] = blocks(items, keyword);
  return first === undefined ? undefined : spanOf(first);
}

function trackerFindings({ configuration }: NamedNode): Finding[] {
  return [
    ...configuration.trackFiles
      .filter(({ path }) => path?.startsWith(WATCH_DIRECTORY) !== true)
      .map(({ name, span }) => ({
        text: `the tracked file ${name}.`,
        keywords: ["track_file", "vrrp_track_file"],
        span,
      })),
    ...configuration.trackProcesses.map(({ name, span }) => ({
      text: `the tracked process ${name}.`,
      keywords: ["track_process", "vrrp_track_process"],
      span,
    })),
  ];
}

function instanceFindings(node: NamedNode): Finding[] {
  const { configuration } = node;
  return configuration.instances.flatMap((instance): Finding[] => {
    const items = itemsOfInstance(node, instance);
    const findings: Finding[] = [];
    const add = (text: string, keywords: readonly string[]): void => {
      findings.push({ text: `${instance.name}: ${text}`, keywords, span: placeOf(instance, ...keywords) });
    };
    if (instance.useVmac) add("use_vmac: hapair's addresses have the interface's own MAC.", ["use_vmac"]);
    if (instance.strict && !configuration.globals.strict) add("strict_mode.", STRICT_KEYWORDS);
    if (instance.trackInterfaces.length > 0)
      add(
        `track_interface ${sentenceList(instance.trackInterfaces.map(({ name }) => name))}; the instance's own interface is tracked anyway.`,
        ["track_interface"],
      );
    if (instance.commands.length > 0)
      add(commandsText(instance.commands), [...new Set(instance.commands.map(({ keyword }) => keyword))]);
    const announcements = Object.entries(GARP).filter(([, { is }]) => !is(instance.garp));
    if (announcements.length > 0)
      add(
        `other gratuitous ARP settings (${announcements.map(([keyword, { text }]) => `${keyword} ${text(instance.garp)}`).join(", ")}).`,
        announcements.map(([keyword]) => keyword),
      );
    if (instance.smtpAlert) add("mail on state changes (smtp_alert).", ["smtp_alert"]);
    const further = [...extraLines(items, INSTANCE_KNOWN)];
    if (further.length > 0)
      add(
        `${sentenceList(further.map(({ keyword }) => keyword))}.`,
        further.map(({ keyword }) => keyword),
      );
    const options = addressOptions(items);
    if (options.length > 0)
      add(`${sentenceList(options)} of virtual addresses.`, [
        "virtual_ipaddress",
        "virtual_ipaddress_excluded",
      ]);
    return findings;
  });
}

const ADDRESS_OPTIONS = new Set([
  "label",
  "brd",
  "broadcast",
  "scope",
  "peer",
  "home",
  "use_vmac",
  "track_group",
  "nodad",
  "-nodad",
  "mngtmpaddr",
  "noprefixroute",
  "autojoin",
  "no_track",
]);

/** Options of addresses other than `dev` and the preferred_lft that hapair writes itself. */
function addressOptions(items: readonly Item[]): string[] {
  const lines = ["virtual_ipaddress", "virtual_ipaddress_excluded"].flatMap((keyword) =>
    blocks(items, keyword).flatMap((block) => statementsIn(block.items)),
  );
  const words = lines.flatMap((line) => wordsOf(line).map(({ value }) => value));
  return [...new Set(words.filter((word) => ADDRESS_OPTIONS.has(word)))];
}
