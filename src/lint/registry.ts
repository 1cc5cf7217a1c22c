// Every rule, in the order of its code. Rule: a file in rules/ is in this list (a test compares the two).

import { rule as hp101 } from "./rules/hp101-vrid-differs.ts";
import { rule as hp102 } from "./rules/hp102-vrid-reused.ts";
import { rule as hp103 } from "./rules/hp103-vrid-tutorial-default.ts";
import { rule as hp104 } from "./rules/hp104-priority-equal.ts";
import { rule as hp105 } from "./rules/hp105-priority-owner.ts";
import { rule as hp106 } from "./rules/hp106-nopreempt-cleared.ts";
import { rule as hp107 } from "./rules/hp107-nopreempt-one-sided.ts";
import { rule as hp108 } from "./rules/hp108-weight-under-nopreempt.ts";
import { rule as hp109 } from "./rules/hp109-weight-below-gap.ts";
import { rule as hp110 } from "./rules/hp110-weight-in-sync-group.ts";
import { rule as hp111 } from "./rules/hp111-both-state-master.ts";
import { rule as hp112 } from "./rules/hp112-state-unknown.ts";
import { rule as hp113 } from "./rules/hp113-priority-missing.ts";
import { rule as hp114 } from "./rules/hp114-version-differs.ts";
import { rule as hp115 } from "./rules/hp115-priority-against-preference.ts";
import { rule as hp116 } from "./rules/hp116-preempt-delay-unused.ts";
import { rule as hp117 } from "./rules/hp117-sync-group-crossed.ts";
import { rule as hp118 } from "./rules/hp118-sync-group-differs.ts";
import { rule as hp119 } from "./rules/hp119-weight-under-preempt-delay.ts";
import { rule as hp201 } from "./rules/hp201-advert-int-differs.ts";
import { rule as hp202 } from "./rules/hp202-advert-int-fraction.ts";
import { rule as hp203 } from "./rules/hp203-detection-slow.ts";
import { rule as hp204 } from "./rules/hp204-script-timeout.ts";
import { rule as hp205 } from "./rules/hp205-outside-acceptable.ts";
import { rule as hp206 } from "./rules/hp206-not-recommended.ts";
import { rule as hp207 } from "./rules/hp207-preempt-without-delay.ts";
import { rule as hp208 } from "./rules/hp208-advert-int-tight.ts";
import { rule as hp301 } from "./rules/hp301-peers-asymmetric.ts";
import { rule as hp302 } from "./rules/hp302-peer-is-self.ts";
import { rule as hp303 } from "./rules/hp303-unicast-source-missing.ts";
import { rule as hp304 } from "./rules/hp304-unicast-and-multicast.ts";
import { rule as hp305 } from "./rules/hp305-peer-unreadable.ts";
import { rule as hp306 } from "./rules/hp306-vips-differ.ts";
import { rule as hp307 } from "./rules/hp307-vip-prefix.ts";
import { rule as hp308 } from "./rules/hp308-vip-collides.ts";
import { rule as hp309 } from "./rules/hp309-interface-differs.ts";
import { rule as hp310 } from "./rules/hp310-source-unchecked.ts";
import { rule as hp311 } from "./rules/hp311-family-mixed.ts";
import { rule as hp312 } from "./rules/hp312-strict-drops-traffic.ts";
import { rule as hp313 } from "./rules/hp313-many-vips.ts";
import { rule as hp314 } from "./rules/hp314-vip-twice.ts";
import { rule as hp315 } from "./rules/hp315-multicast-group-differs.ts";
import { rule as hp316 } from "./rules/hp316-link-untracked.ts";
import { rule as hp317 } from "./rules/hp317-vmac-on-virtual-network.ts";
import { rule as hp318 } from "./rules/hp318-garp-not-repeated.ts";
import { rule as hp320 } from "./rules/hp320-password-truncated.ts";
import { rule as hp321 } from "./rules/hp321-password-differs.ts";
import { rule as hp322 } from "./rules/hp322-password-ignored.ts";
import { rule as hp323 } from "./rules/hp323-password-missing.ts";
import { rule as hp324 } from "./rules/hp324-password-cut.ts";
import { rule as hp325 } from "./rules/hp325-auth-ah.ts";
import { rule as hp401 } from "./rules/hp401-script-untracked.ts";
import { rule as hp402 } from "./rules/hp402-script-undefined.ts";
import { rule as hp403 } from "./rules/hp403-no-service-check.ts";
import { rule as hp404 } from "./rules/hp404-checks-differ.ts";
import { rule as hp405 } from "./rules/hp405-check-asks-process-only.ts";
import { rule as hp406 } from "./rules/hp406-check-needs-a-shell.ts";
import { rule as hp407 } from "./rules/hp407-check-asks-the-vip.ts";
import { rule as hp408 } from "./rules/hp408-shared-fate.ts";
import { rule as hp409 } from "./rules/hp409-check-acts.ts";
import { rule as hp410 } from "./rules/hp410-track-file-weight.ts";
import { rule as hp411 } from "./rules/hp411-init-fail.ts";
import { rule as hp412 } from "./rules/hp412-misspelt-command.ts";
import { rule as hp413 } from "./rules/hp413-script-arguments-dropped.ts";
import { rule as hp414 } from "./rules/hp414-script-path-relative.ts";
import { rule as hp415 } from "./rules/hp415-curl-without-fail.ts";
import { rule as hp416 } from "./rules/hp416-dev-tcp-needs-bash.ts";
import { rule as hp417 } from "./rules/hp417-check-cannot-fail.ts";
import { rule as hp418 } from "./rules/hp418-script-in-tmp.ts";
import { rule as hp419 } from "./rules/hp419-one-failure-is-enough.ts";
import { rule as hp501 } from "./rules/hp501-script-security-off.ts";
import { rule as hp502 } from "./rules/hp502-script-user-missing.ts";
import { rule as hp503 } from "./rules/hp503-smtp-alert-nowhere.ts";
import { rule as hp504 } from "./rules/hp504-notify-runs-service.ts";
import { rule as hp505 } from "./rules/hp505-reload-unchecked.ts";
import { rule as hp506 } from "./rules/hp506-nobody-told.ts";
import { rule as hp507 } from "./rules/hp507-notify-argument-as-user.ts";
import { rule as hp601 } from "./rules/hp601-haproxy-cannot-bind.ts";
import { rule as hp602 } from "./rules/hp602-nbsrv-unchecked.ts";
import { rule as hp603 } from "./rules/hp603-haproxy-differs.ts";
import { rule as hp604 } from "./rules/hp604-no-runtime-socket.ts";
import { rule as hp605 } from "./rules/hp605-vip-unserved.ts";
import { rule as hp901 } from "./rules/hp901-unknown-keyword.ts";
import { rule as hp902 } from "./rules/hp902-unbalanced-brace.ts";
import { rule as hp903 } from "./rules/hp903-missing-argument.ts";
import { rule as hp904 } from "./rules/hp904-pasted-junk.ts";
import { rule as hp905 } from "./rules/hp905-duplicate-name.ts";
import { rule as hp906 } from "./rules/hp906-last-one-wins.ts";
import { rule as hp907 } from "./rules/hp907-invalid-value.ts";
import { rule as hp908 } from "./rules/hp908-switched-on-by-off.ts";
import { rule as hp909 } from "./rules/hp909-line-too-long.ts";
import { rule as hp910 } from "./rules/hp910-quote-unterminated.ts";
import { rule as hp911 } from "./rules/hp911-block-misplaced.ts";
import { rule as hp912 } from "./rules/hp912-placeholder.ts";
import { rule as hp913 } from "./rules/hp913-include-unreadable.ts";
import type { Rule } from "./rule.ts";

export const rules: readonly Rule[] = [
  hp101,
  hp102,
  hp103,
  hp104,
  hp105,
  hp106,
  hp107,
  hp108,
  hp109,
  hp110,
  hp111,
  hp112,
  hp113,
  hp114,
  hp115,
  hp116,
  hp117,
  hp118,
  hp119,
  hp201,
  hp202,
  hp203,
  hp204,
  hp205,
  hp206,
  hp207,
  hp208,
  hp301,
  hp302,
  hp303,
  hp304,
  hp305,
  hp306,
  hp307,
  hp308,
  hp309,
  hp310,
  hp311,
  hp312,
  hp313,
  hp314,
  hp315,
  hp316,
  hp317,
  hp318,
  hp320,
  hp321,
  hp322,
  hp323,
  hp324,
  hp325,
  hp401,
  hp402,
  hp403,
  hp404,
  hp405,
  hp406,
  hp407,
  hp408,
  hp409,
  hp410,
  hp411,
  hp412,
  hp413,
  hp414,
  hp415,
  hp416,
  hp417,
  hp418,
  hp419,
  hp501,
  hp502,
  hp503,
  hp504,
  hp505,
  hp506,
  hp507,
  hp601,
  hp602,
  hp603,
  hp604,
  hp605,
  hp901,
  hp902,
  hp903,
  hp904,
  hp905,
  hp906,
  hp907,
  hp908,
  hp909,
  hp910,
  hp911,
  hp912,
  hp913,
];
