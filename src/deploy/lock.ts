// The lock of a node: who is changing it, what for, since when, until when. Times are the node's own clock, so that no two clocks are compared.
// Rule: the scripts that take and release it run under flock, so that a lock that has expired is taken over by one taker alone.

import { HapairError } from "../base/index.ts";
import { quoted } from "./shell-quote.ts";
import { statePaths } from "./state-paths.ts";

/** Longer than any apply of a pair takes; an apply that died holds its node no longer than this. */
export const LOCK_LIFETIME_S = 900;

export interface Lock {
  readonly who: string;
  readonly what: string;
  readonly sinceS: number;
  readonly untilS: number;
  /** Tells this lock from a later one of the same person. */
  readonly token: string;
}

export interface LockRequest {
  readonly who: string;
  readonly what: string;
  readonly token: string;
}

/** A lock file's content; undefined for none or one that cannot be read. */
export function readLock(text: string | undefined): Lock | undefined {
  try {
    const { who, what, sinceS, untilS, token } = JSON.parse(text ?? "") as Partial<Lock>;
    if (typeof sinceS !== "number" || typeof untilS !== "number") return undefined;
    return { who: String(who), what: String(what), sinceS, untilS, token: String(token) };
  } catch {
    return undefined;
  }
}

/** Takes the lock, or says who has it: prints `lock-result taken|held|busy|failed` and `lock-found LOCK` for one that was there. */
export function takeLockScript(request: LockRequest, lifetimeS = LOCK_LIFETIME_S): string {
  const { directory, lock, lockGuard } = statePaths;
  const json = JSON.stringify({ ...request, sinceS: "SINCE", untilS: "UNTIL" })
    .replace('"SINCE"', "%s")
    .replace('"UNTIL"', "%s");
  // The format goes through printf: a per cent sign of a person's name must not be read as one.
  const [first = "", second = "", third = ""] = json.split("%s").length === 3 ? json.split("%s") : [];
  return `(
umask 077
mkdir -p ${directory} && chmod 0700 ${directory} || { echo "lock-result failed"; exit 0; }
exec 9> ${lockGuard} || { echo "lock-result failed"; exit 0; }
flock -w 5 9 || { echo "lock-result busy"; exit 0; }
now=$(date +%s)
if [ -s ${lock} ]; then
    printf 'lock-found %s\\n' "$(head -n 1 ${lock})"
    until=$(sed -n 's/.*"untilS":\\([0-9]*\\).*/\\1/p' ${lock})
    if [ "\${until:-0}" -gt "$now" ]; then echo "lock-result held"; exit 0; fi
fi
# cat names the reason where the disk is full; the shell's own printf does not.
if printf '%s%s%s%s%s\\n' ${quoted(first)} "$now" ${quoted(second)} "$((now + ${lifetimeS}))" ${quoted(third)} | cat > ${lock}.new && mv -f ${lock}.new ${lock}
then echo "lock-result taken"
else rm -f ${lock}.new; echo "lock-result failed"; fi
)
`;
}

/** Gives the lock back if it is still ours. */
export function releaseLockScript(token: string): string {
  const { directory, lock, lockGuard } = statePaths;
  return `[ -e ${lock} ] || exit 0
exec 9> ${lockGuard}
flock -w 5 9
if grep -qF ${quoted(`"token":"${token}"`)} ${lock}; then rm -f ${lock}; fi
# After hapair remove nothing else is left here.
if [ "$(ls -A ${directory})" = "lock.guard" ]; then rm -f ${lockGuard}; rmdir ${directory}; fi
exit 0
`;
}

/** Ends the script with code 75 unless the lock is still ours. */
export function requireLockLines(token: string): string {
  return `grep -qsF ${quoted(`"token":"${token}"`)} ${statePaths.lock} || { echo "the lock on this node is no longer ours" >&2; exit 75; }\n`;
}

/** What came of taking a lock. */
export type LockOutcome =
  | { readonly kind: "taken"; readonly expired?: Lock }
  | { readonly kind: "held"; readonly lock: Lock | undefined }
  | { readonly kind: "busy" }
  | { readonly kind: "failed" };

/** Reads what {@link takeLockScript} printed. */
export function lockOutcome(output: string): LockOutcome {
  const result = /^lock-result (\S+)$/m.exec(output)?.[1];
  const found = readLock(/^lock-found (.*)$/m.exec(output)?.[1]);
  if (result === "taken") return { kind: "taken", ...(found === undefined ? {} : { expired: found }) };
  if (result === "held") return { kind: "held", lock: found };
  return { kind: result === "busy" ? "busy" : "failed" };
}

/** `5 s`, `3 min`, `2 h`. */
export function spanOfSeconds(seconds: number): string {
  if (seconds < 120) return `${Math.max(0, Math.round(seconds))} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}

/** Why the lock was not had, for the operator. `clockS`: the node's clock. */
export function lockError(
  node: string,
  outcome: Exclude<LockOutcome, { kind: "taken" }>,
  clockS: number,
  stderr: string,
): HapairError {
  if (outcome.kind === "failed") {
    return new HapairError({
      kind: "unreachable",
      code: "lock-failed",
      message: `${node}: the lock cannot be written to ${statePaths.lock}: ${stderr.trim() || "no reason given"}`,
      hint: `Nothing was changed. Look at the free space and the rights of ${statePaths.directory} on ${node} (df, ls -ld).`,
    });
  }
  const lock = outcome.kind === "held" ? outcome.lock : undefined;
  const holder =
    lock === undefined
      ? "someone is taking or releasing it this moment"
      : `${lock.who} has held it for ${spanOfSeconds(clockS - lock.sinceS)} for: ${lock.what}; it expires in ${spanOfSeconds(lock.untilS - clockS)}`;
  return new HapairError({
    kind: "unreachable",
    code: "locked",
    message: `${node} is locked: ${holder}`,
    hint: `Nothing was changed. Wait until it is done; if nobody is at work any more, remove ${statePaths.lock} on ${node}.`,
  });
}
