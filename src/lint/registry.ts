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
import { rule as hp201 } from "./rules/hp201-advert-int-differs.ts";
import { rule as hp202 } from "./rules/hp202-advert-int-fraction.ts";
import { rule as hp203 } from "./rules/hp203-detection-slow.ts";
import { rule as hp204 } from "./rules/hp204-script-timeout.ts";
import { rule as hp205 } from "./rules/hp205-outside-acceptable.ts";
import { rule as hp206 } from "./rules/hp206-not-recommended.ts";
import { rule as hp207 } from "./rules/hp207-preempt-without-delay.ts";
import { rule as hp301 } from "./rules/hp301-peers-asymmetric.ts";
import { rule as hp302 } from "./rules/hp302-peer-is-self.ts";
import { rule as hp303 } from "./rules/hp303-unicast-source-missing.ts";
import { rule as hp304 } from "./rules/hp304-unicast-and-multicast.ts";
import { rule as hp305 } from "./rules/hp305-peer-unreadable.ts";
import { rule as hp306 } from "./rules/hp306-vips-differ.ts";
import { rule as hp307 } from "./rules/hp307-vip-prefix.ts";
import { rule as hp308 } from "./rules/hp308-vip-collides.ts";
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
  hp201,
  hp202,
  hp203,
  hp204,
  hp205,
  hp206,
  hp207,
  hp301,
  hp302,
  hp303,
  hp304,
  hp305,
  hp306,
  hp307,
  hp308,
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
];
