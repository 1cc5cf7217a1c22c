// The keywords of virtual_server and its like, and of bfd_instance (init_check_keywords and init_bfd_keywords of 2.0.20 to 2.4.3).

import {
  all,
  anything,
  blockName,
  commandLine,
  type Check,
  deprecated,
  integer,
  onOff,
  oneOf,
  oneWord,
  refusedValue,
  seconds,
  SECONDS_MAX,
  UNSIGNED_MAX,
  weight,
  wordOrIgnored,
} from "./keyword-checks.ts";
import { socketFamily, trackLine } from "./keyword-checks-vrrp.ts";
import { block, type Keyword, keywordTable, line, values } from "./keywords.ts";

const TIMER_MAX_US = Number.MAX_SAFE_INTEGER;
const WEIGHT_MAX = 65_535;
const PORT_MAX = 65_535;
const MILLISECONDS_MAX = 4_294_967;
const TIMEOUT_MAX = 86_400 * 31;

const flag = line(anything);
const timer = line(seconds(0, TIMER_MAX_US));
const someTime = line(seconds(1, TIMER_MAX_US));
const connectTimeout = line(seconds(1, UNSIGNED_MAX));
const command = line(all(oneWord, commandLine), { repeat: "first", command: true });
const name = line(wordOrIgnored);

const SCHEDULERS = [
  "rr",
  "wrr",
  "lc",
  "wlc",
  "lblc",
  "sh",
  "mh",
  "dh",
  "fo",
  "ovf",
  "lblcr",
  "sed",
  "nq",
  "twos",
];

/** `NAT|DR|TUN` with what a tunnel may have. */
const forwarding = line(oneOf(["NAT", "DR", "TUN"]));

/** An address with a port behind it, as a whole word each. */
const serverAddress: Check = (words, place) => {
  const [address, port] = words;
  if (address === undefined) return oneWord(words, place);
  if (socketFamily(address.value) === undefined) {
    return { ...refusedValue(address, `${place.keyword} ${address.value} is no IP address`), dropped: true };
  }
  if (port === undefined || /^0*$/.test(port.value)) return undefined;
  const problem = integer(1, PORT_MAX)([port], { ...place, keyword: `the port of ${place.keyword}` });
  return problem === undefined ? undefined : { ...problem, dropped: true };
};

/** `ADDRESS [PORT]`, `fwmark N` or `group NAME`. */
const virtualServer: Check = (words, place) => {
  const [first, second] = words;
  if (first?.value === "group") return oneWord(words.slice(1), place);
  if (first?.value === "fwmark" && second !== undefined) {
    const problem = integer(0, UNSIGNED_MAX)([second], { ...place, keyword: "fwmark" });
    return problem === undefined ? undefined : { ...problem, dropped: true };
  }
  return serverAddress(words, place);
};

/** A line of virtual_server_group: `ADDRESS[-RANGE] [PORT]` or `fwmark N [inet|inet6]`. */
const groupEntry: Check = (words, place) => {
  const [first, second] = words;
  if (first?.value !== "fwmark") return serverAddress(words, { ...place, keyword: "the address" });
  return integer(0, UNSIGNED_MAX)(second === undefined ? [] : [second], { ...place, keyword: "fwmark" });
};

const ownAddress: Check = (words, place) => {
  const [word] = words;
  if (word === undefined) return oneWord(words, place);
  if (socketFamily(word.value) !== undefined) return undefined;
  return refusedValue(word, `${place.keyword} ${word.value} is no IP address`);
};

const digest: Check = ([word], place) => {
  if (word === undefined) return oneWord([], place);
  if (/^[0-9a-fA-F]{32}$/.test(word.value)) return undefined;
  return refusedValue(word, `digest ${word.value} is not 32 hexadecimal digits`);
};

/** Codes from 100 to 999, or ranges of them. */
const statusCodes: Check = (words) => {
  for (const word of words) {
    const [from, to = from] = word.value.split("-").map(Number);
    const good = /^\d{3}(?:-\d{3})?$/.test(word.value) && (from ?? 0) >= 100 && (to ?? 0) >= (from ?? 0);
    if (!good)
      return refusedValue(
        word,
        `status_code ${word.value} is neither a code from 100 to 999 nor a range of them`,
      );
  }
  return undefined;
};

/** A track_file that must be defined before. */
const trackedFile: Check = (words, place) => {
  const [word] = words;
  if (word === undefined) return oneWord(words, place);
  // Each real_server has a list of its own.
  const notes = { ...place.notes, tracked: new Set<string>() };
  return trackLine("track_file", 0)([word], { ...place, notes, keyword: "track_file" });
};

const COMMON: Readonly<Record<string, Keyword>> = {
  retry: line(integer(0, UNSIGNED_MAX)),
  delay_before_retry: timer,
  warmup: timer,
  delay_loop: someTime,
  alpha: line(onOff),
  log_all_failures: line(onOff),
};

const CONNECTION: Readonly<Record<string, Keyword>> = {
  connect_ip: line(ownAddress),
  connect_port: line(integer(1, PORT_MAX)),
  bindto: line(ownAddress),
  bind_port: line(integer(1, PORT_MAX)),
  bind_if: line(oneWord),
  connect_timeout: connectTimeout,
  fwmark: line(integer(0, UNSIGNED_MAX)),
  ...COMMON,
};

const URL = keywordTable({
  path: line(oneWord, { needed: "path" }),
  digest: line(digest, { repeat: "first" }),
  status_code: line(statusCodes, { repeat: "every" }),
  virtualhost: name,
  regex: line(anything),
  regex_no_match: flag,
  regex_options: line(anything, { repeat: "every" }),
  regex_min_offset: flag,
  regex_max_offset: flag,
  regex_stack: flag,
  tls_compliant: line(anything, { since: "2.2.8" }),
});

const HTTP_GET = keywordTable({
  ...CONNECTION,
  nb_get_retry: line(deprecated("retry", integer(0, UNSIGNED_MAX))),
  virtualhost: name,
  http_protocol: line(oneOf(["1.0", "1.1", "1.0C", "1.0c"])),
  enable_sni: line(onOff),
  fast_recovery: line(onOff),
  url: block(URL, anything, { needed: "url" }),
});

const CHECKERS: Readonly<Record<string, Keyword>> = {
  MISC_CHECK: block(
    keywordTable({
      ...COMMON,
      misc_path: line(commandLine, { needed: "misc_path", command: true }),
      misc_timeout: line(integer(0, SECONDS_MAX)),
      misc_dynamic: flag,
      user: line(wordOrIgnored),
    }),
    anything,
  ),
  SMTP_CHECK: block(
    keywordTable({ helo_name: name, ...CONNECTION, host: block(keywordTable(CONNECTION), anything) }),
    anything,
  ),
  TCP_CHECK: block(keywordTable(CONNECTION), anything),
  PING_CHECK: block(keywordTable(CONNECTION), anything, { since: "2.2.7" }),
  UDP_CHECK: block(
    keywordTable({
      ...CONNECTION,
      payload: line(anything),
      require_reply: line(anything),
      min_reply_length: line(integer(0, WEIGHT_MAX)),
      max_reply_length: line(integer(0, WEIGHT_MAX)),
    }),
    anything,
    { since: "2.2.7" },
  ),
  HTTP_GET: block(HTTP_GET, anything),
  SSL_GET: block(HTTP_GET, anything),
  DNS_CHECK: block(
    keywordTable({ ...CONNECTION, type: line(oneWord), name: line(oneWord, { repeat: "first" }) }),
    anything,
  ),
  FILE_CHECK: block(
    keywordTable({
      track_file: line(trackedFile, { needed: "track_file" }),
      weight: line(weight(WEIGHT_MAX, { fatal: true })),
    }),
    anything,
    { since: "2.2.7" },
  ),
  BFD_CHECK: block(
    keywordTable({ name: line(wordOrIgnored, { needed: "name" }), alpha: line(onOff) }),
    anything,
  ),
};

/** What virtual_server and real_server have both. */
const SERVER: Readonly<Record<string, Keyword>> = {
  lvs_method: forwarding,
  retry: line(integer(1, UNSIGNED_MAX)),
  delay_before_retry: timer,
  warmup: timer,
  connect_timeout: connectTimeout,
  delay_loop: someTime,
  smtp_alert: line(onOff),
  virtualhost: name,
  snmp_name: line(wordOrIgnored, { since: "2.2.7" }),
};

const REAL_SERVER = keywordTable({
  ...SERVER,
  weight: line(integer(0, WEIGHT_MAX)),
  uthreshold: line(integer(0, UNSIGNED_MAX)),
  lthreshold: line(integer(0, UNSIGNED_MAX)),
  inhibit_on_failure: line(onOff),
  notify_up: command,
  notify_down: command,
  alpha: line(onOff),
  ...CHECKERS,
});

const VIRTUAL_SERVER = keywordTable({
  ...SERVER,
  ip_family: line(oneOf(["inet", "inet6"])),
  inhibit_on_failure: flag,
  lb_algo: line(oneOf(SCHEDULERS)),
  lvs_sched: line(oneOf(SCHEDULERS)),
  hashed: flag,
  ops: flag,
  "flag-1": flag,
  "flag-2": flag,
  "flag-3": flag,
  "sh-port": flag,
  "sh-fallback": flag,
  "mh-port": flag,
  "mh-fallback": flag,
  lb_kind: forwarding,
  persistence_engine: line(oneWord),
  persistence_timeout: line((words, place) =>
    words.length === 0 ? undefined : integer(1, TIMEOUT_MAX)(words, place),
  ),
  persistence_granularity: line(oneWord),
  protocol: line(oneOf(["TCP", "UDP", "SCTP"], { ignoreCase: true })),
  ha_suspend: flag,
  alpha: flag,
  omega: flag,
  quorum_up: command,
  quorum_down: command,
  quorum: line(integer(1, UNSIGNED_MAX, { used: "1" })),
  hysteresis: line(integer(0, UNSIGNED_MAX)),
  weight: line(integer(1, WEIGHT_MAX)),
  sorry_server: line(serverAddress),
  sorry_server_inhibit: flag,
  sorry_server_lvs_method: forwarding,
  real_server: block(REAL_SERVER, serverAddress),
});

const SSL = keywordTable({ password: name, ca: name, certificate: name, key: name });

/** Milliseconds with up to three decimals. */
function milliseconds(least: number): Check {
  return (words, place) => {
    const [word] = words;
    if (word === undefined) return oneWord(words, place);
    const number = Number(word.value);
    const good = /^\+?\d+(?:\.\d{0,3})?$/.test(word.value) && number >= least && number <= MILLISECONDS_MAX;
    if (good) return undefined;
    return refusedValue(
      word,
      `${place.keyword} ${word.value} is not a number of milliseconds from ${least} on`,
    );
  };
}

const BFD_INSTANCE = keywordTable({
  source_ip: line(ownAddress),
  neighbor_ip: line(ownAddress, { needed: "neighbor_ip" }),
  neighbour_ip: line(ownAddress, { needed: "neighbor_ip" }),
  min_rx: line(milliseconds(1)),
  min_tx: line(milliseconds(1)),
  idle_tx: line(milliseconds(1000)),
  multiplier: line(integer(1, 255)),
  passive: flag,
  ttl: line(integer(1, 255)),
  hoplimit: line(integer(1, 255)),
  max_hops: line(integer(-1, 255)),
  weight: line(weight(253, { fatal: true })),
  vrrp: flag,
  checker: flag,
  multihop: line(anything, { since: "2.2.8" }),
});

/** What stands at the top of the file for the processes that check servers and speak BFD. */
export const SERVER_KEYWORDS = keywordTable({
  SSL: block(SSL, anything, { process: "checker" }),
  virtual_server_group: values(groupEntry, { process: "checker", header: oneWord, saysEmpty: true }),
  virtual_server: block(VIRTUAL_SERVER, virtualServer, { process: "checker" }),
  bfd_instance: block(BFD_INSTANCE, blockName, { process: "bfd" }),
});
