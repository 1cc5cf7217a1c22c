// Values that somebody was to fill in and did not: `YOUR_VIP`, `<interface>`, `{{ priority }}`, `x.x.x.x`, `$VIP` that nothing defines.
// Rule: such a value is one nobody knows, so it is told once as what it is, and no rule reckons with it.

const PATTERNS: readonly RegExp[] = [
  // A template's: {{ vip }}, <% vip %>, {% if %}, %%VIP%%, @@VIP@@, @VIP@, __VIP__.
  /\{\{|\}\}|<%|%>|%@|@%|\{%|%\}|%%|@@|^@\w+@$|__[A-Za-z]\w*__/,
  // A variable's that was not replaced, also in the middle of an address; `$` alone is left of `192.0.2.$`.
  /\$(?:\{?[A-Za-z_]|\(|$)/,
  // Something in angle or square brackets: <VIP>, [interface].
  /^<.*>$|<[A-Za-z][^<>]*>|^\[[A-Za-z][\w -]*\]$/,
  // x.x.x.x, 192.0.2.x, xx.xx.xx.4/24, a.b.c.d, 192.0.2.*, 192.0.2.?, 192.0.2.??/24
  /^(?=.*(?:[xX]|\*|\?))(?:\d{1,3}|[xX]{1,3}|\*{1,3}|\?{1,3})(?:\.(?:\d{1,3}|[xX]{1,3}|\*{1,3}|\?{1,3})){3}(?:\/.*)?$/,
  /^(?:a\.b\.c\.d|A\.B\.C\.D|n\.n\.n\.n|N\.N\.N\.N)(?:\/.*)?$/,
  // XXX, xx, ???, ... and what people write for "later"
  /^(?:[xX]{2,}|\?+|\.{3}|…)(?:\/.*)?$/,
  /(?:^|[-_.])(?:your|my|change[-_]?me|replace(?:[-_]?me)?|todo|tbd|fixme|fill[-_]?in|insert|placeholder|example)[-_]/i,
  /^(?:change[-_]?me|replace[-_]?me|todo|tbd|fixme|fill[-_]?in|placeholder|example)$/i,
  // A name of a variable in capitals: VIP, MASTER_IP, PEER_IP_1, KEEPALIVED_PRIORITY. (MASTER and BACKUP are words of the language.)
  /^(?:[A-Z][A-Z0-9]*_)*(?:V?IP|IP_?ADDR|ADDR|ADDRESS|NIC|IFACE|INTERFACE|PRIORITY|PRIO|V?RID|ROUTER_ID|SECONDS|NUMBER|PASSWORD|HOST|HOSTNAME)(?:_?\d+|_[A-Z0-9_]+)?(?:\/.*)?$/,
];

/**
 * Whether a value of `interface`, `priority`, `virtual_router_id` or an address line is plainly a placeholder. Not meant for names of
 * instances and scripts, where any word is a value.
 */
export function isPlaceholder(text: string): boolean {
  return PATTERNS.some((pattern) => pattern.test(text));
}
