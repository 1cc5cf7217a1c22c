// Scripts that bring files to a node and back: stage and check, place, put back, finish. Pure text; a step of a plan shows it, apply runs it.
// Rule: nothing is replaced before everything is staged and checked; every replacement is a rename within one folder.

import { agentPaths, nodePaths } from "../render/index.ts";
import type { FileChange } from "./file-change.ts";
import { octal, quoted, quotedWords } from "./shell-quote.ts";
import { statePaths } from "./state-paths.ts";

const { staging, previous, originals, originalsIndex, unfinished, manifest, pathList } = statePaths;

/** The name a new file has beside the old one until the rename; read by no daemon (all of them go by ending). */
const NEW_SUFFIX = ".hapair-new";

/** Changes that bring content. */
export function staged(changes: readonly FileChange[]): readonly FileChange[] {
  return changes.filter((change) => change.sha256 !== undefined);
}

/** Receives the changed files' contents, one after the other, from standard input into the staging folder. Leaves nothing behind when it fails. */
export function stageScript(changes: readonly FileChange[]): string {
  const files = staged(changes);
  const receive = files.map((change) =>
    [
      "receive",
      quoted(change.path),
      String(change.sizeBytes ?? 0),
      octal(change.mode ?? 0o644),
      quoted(`${change.owner ?? "root"}:${change.group ?? "root"}`),
    ].join(" "),
  );
  const sums = files.map((change) => `${change.sha256 ?? ""}  ${staging}/root${change.path}`);
  return `umask 022
fail() { echo "$*" >&2; rm -rf ${staging}; exit 1; }
rm -rf ${staging}
mkdir -p ${staging}/root && chmod 0700 ${staging} || fail "${staging} cannot be made"
receive() {
    mkdir -p "${staging}/root\${1%/*}" && head -c "$2" > "${staging}/root$1" || fail "$1 cannot be staged"
    chown "$4" "${staging}/root$1" && chmod "$3" "${staging}/root$1" || fail "$1 cannot be given to $4"
}
${receive.join("\n")}
sha256sum --check --quiet <<'HAPAIR_SUMS' || fail "the staged files are not what was sent"
${sums.join("\n")}
HAPAIR_SUMS
`;
}

export interface CheckRequest {
  readonly changes: readonly FileChange[];
  /** HAProxy's command line as the unit will have it; absent: HAProxy is not checked. */
  readonly haproxyCommand?: string;
  readonly checksKeepalived: boolean;
}

/**
 * Runs both daemons' own checks on the files as they will be, under their final paths: in a mount namespace of its own the staged tree lies
 * over the folders, so the node itself keeps what it has. keepalived runs as the first process of a process namespace: 2.2.7 ends itself
 * at `script_user` in -t when its parent's number is not 0.
 */
export function checkScript(request: CheckRequest): string {
  const checks = [
    ...(request.haproxyCommand === undefined ? [] : [haproxyCheck(request.haproxyCommand)]),
    ...(request.checksKeepalived ? [KEEPALIVED_CHECK] : []),
  ];
  if (checks.length === 0) return "";
  return `cat > ${staging}/check <<'HAPAIR_CHECK'
staging=${staging}
folders=
for path in ${quotedWords(staged(request.changes).map((change) => change.path))}; do
    folder=\${path%/*}
    while [ "$folder" ] && [ ! -d "$folder" ]; do folder=\${folder%/*}; done
    [ "$folder" ] || { echo "no folder above $path" >&2; exit 1; }
    covered=
    for known in $folders; do
        case "$folder/" in "$known"/*) [ "$(stat -c %d "$known")" = "$(stat -c %d "$folder")" ] && covered=yes ;; esac
    done
    [ "$covered" ] || folders="$folders $folder"
done
# Shallow folders first, each with a hold on the original, so that a mount below another is still reached.
folders=$(printf '%s\\n' $folders | sort -u)
count=0
for folder in $folders; do
    count=$((count + 1)); mkdir -p "$staging/below/$count" && mount --bind "$folder" "$staging/below/$count" || exit 1
done
count=0
for folder in $folders; do
    count=$((count + 1))
    mount -t overlay hapair-check -o "lowerdir=$staging/root$folder:$staging/below/$count" "$folder" || exit 1
done
status=0
${checks.join("\n")}
exit $status
HAPAIR_CHECK
${WATCH_DIRECTORY_LINES}unshare --mount --propagation private sh ${staging}/check; status=$?
if [ $status -ne 0 ]; then ${UNSTAGE}; exit $status; fi
`;
}

/** Says that the runtime folder was made by the apply that is being taken back. */
export const RUNTIME_MADE = `${nodePaths.runtimeDirectory}/made-for-apply`;

/** keepalived 2.3 refuses a track_file whose folder is not there, also in -t. A folder made for the check alone goes again with what was staged. */
const WATCH_DIRECTORY_LINES = `tmpfiles=${staging}/root${nodePaths.tmpfiles}
if [ ! -d ${nodePaths.watchDirectory} ] && [ -e "$tmpfiles" ]; then : > ${staging}/made-runtime; systemd-tmpfiles --create "$tmpfiles"; fi
`;

/** While a second HAProxy bridges a restart its notes lie in the folder, and who ends it removes the folder. */
const UNSTAGE = `if [ -e ${staging}/made-runtime ]; then if [ -e ${nodePaths.bridgeMark} ]; then : > ${RUNTIME_MADE}; else rm -rf ${nodePaths.runtimeDirectory}; fi; fi; rm -rf ${staging}`;

/** The configuration files of a command line, with systemd's variables as the shell's, and the distributions' values as defaults. */
function haproxyCheck(command: string): string {
  const program = command.split(/\s+/)[0]?.replace(/^[@\-:+!|]+/, "") ?? "haproxy";
  const files = [...command.matchAll(/\s-f\s+(\S+)/g)].map(([, file = ""]) => {
    const variable = /^\$\{?(\w+)\}?$/.exec(file)?.[1];
    if (variable === undefined) return quoted(file);
    const standard = variable === "CFGDIR" ? "/etc/haproxy/conf.d" : nodePaths.haproxyConf;
    return `"\${${variable}:-${standard}}"`;
  });
  const check = `${quoted(program)} -c ${files.map((file) => `-f ${file}`).join(" ")}`;
  // A running HAProxy's environment, because its configuration may refer to it.
  return `cat > "$staging/check-haproxy" <<'HAPAIR_HAPROXY'
${check}
HAPAIR_HAPROXY
pid=$(systemctl show --property=MainPID --value haproxy.service)
if [ "\${pid:-0}" -gt 1 ] && [ -r "/proc/$pid/environ" ]; then
    tr '\\0' '\\n' < "/proc/$pid/environ" | grep -Ev '^(HAPROXY_|NOTIFY_SOCKET)' | tr '\\n' '\\0' > "$staging/environment"
    output=$(xargs -0 -a "$staging/environment" sh -c 'exec env -i "$@" sh '"$staging"'/check-haproxy' sh 2>&1); code=$?
else
    output=$(sh "$staging/check-haproxy" 2>&1); code=$?
fi
if [ $code -ne 0 ]; then echo "HAProxy refuses its configuration (exit $code):" >&2; printf '%s\\n' "$output" >&2; status=3
else printf '%s\\n' "$output" | grep -E 'WARNING|warning' | sed 's/^/haproxy says: /'; fi`;
}

const KEEPALIVED_CHECK = `output=$(unshare --pid --fork keepalived --config-test -f ${nodePaths.keepalivedConf} 2>&1); code=$?
if [ $code -ne 0 ] || [ "$output" ]; then echo "keepalived refuses its configuration (exit $code):" >&2; printf '%s\\n' "$output" >&2; status=3; fi`;

/** Functions that the scripts below share. */
const FILE_FUNCTIONS = `umask 022
fail() { echo "$*" >&2; exit 1; }
put_back() {
    if [ -e "${previous}/files$1" ] || [ -L "${previous}/files$1" ]; then
        cp -a -- "${previous}/files$1" "$1${NEW_SUFFIX}" && mv -f -- "$1${NEW_SUFFIX}" "$1" || { echo "$1 cannot be put back; it lies in ${previous}/files$1" >&2; status=1; }
    elif grep -qsxF -- "$1" ${previous}/absent; then rm -f -- "$1"; fi
}
`;

export interface PlaceNote {
  readonly by: string;
  readonly revision: string;
  /** The services before the change began, by name: enabled and active as systemctl says it. The script would see one that was stopped for the change. */
  readonly services: readonly {
    readonly name: string;
    readonly fileState: string;
    readonly activeState: string;
  }[];
}

/**
 * keepalived's own files come last: a keepalived that runs asks the check by its path, and the new check asks an address that only the new
 * HAProxy answers.
 */
export function isForKeepalived(change: FileChange): boolean {
  return change.effect === "keepalived-reload" || change.path === nodePaths.checkScript;
}

/**
 * Replaces the files, but for keepalived's: notes the originals, keeps the previous state, prepares every new file beside the old one (so a full
 * disk shows before anything is replaced), then renames them. What is given back or removed is so at once, keepalived's files included.
 */
export function placeScript(changes: readonly FileChange[], note: PlaceNote): string {
  const paths = quotedWords(changes.map((change) => change.path));
  const prepared = staged(changes);
  const originalsToNote = changes.filter((change) => change.original !== "noted");
  const removed = changes.filter((change) => change.kind === "delete");
  const restored = changes.filter((change) => change.kind === "restore");
  const noteText = JSON.stringify({ by: note.by, sinceS: 0, revision: note.revision }).replace(
    '"sinceS":0',
    '"sinceS":',
  );
  const [before = "", after = ""] = noteText.split('"sinceS":');
  return `${FILE_FUNCTIONS}mkdir -p ${originals}/files || fail "${originals} cannot be made"
chmod 0700 ${statePaths.directory}
touch ${originalsIndex} || fail "${originalsIndex} cannot be written"
original() {
    grep -qxF -e "kept $2" -e "absent $2" ${originalsIndex} && return
    if [ "$1" = keep ]; then
        mkdir -p "${originals}/files\${2%/*}" && cp -a -- "$2" "${originals}/files$2" && echo "kept $2" >> ${originalsIndex} || fail "$2 cannot be kept"
    else echo "absent $2" >> ${originalsIndex} || fail "${originalsIndex} cannot be written"; fi
}
if [ ! -e ${originals}/services ]; then
    printf '%s\\n' ${quotedWords(note.services.map((unit) => `${unit.name} ${unit.fileState} ${unit.activeState}`))} > ${originals}/services.new
    for key in net/ipv4/ip_nonlocal_bind net/ipv6/ip_nonlocal_bind; do
        if [ -r "/proc/sys/$key" ]; then echo "$key $(cat "/proc/sys/$key")"; fi
    done > ${originals}/sysctls && mv -f ${originals}/services.new ${originals}/services || fail "${originals} cannot be written"
fi
${originalsToNote.map((change) => `original ${change.original} ${quoted(change.path)}`).join("\n")}
rm -rf ${previous}; mkdir -p ${previous}/files || fail "${previous} cannot be made"
remember() {
    if [ -e "$1" ] || [ -L "$1" ]; then mkdir -p "${previous}/files\${1%/*}" && cp -a -- "$1" "${previous}/files$1"
    else printf '%s\\n' "$1" >> ${previous}/absent; fi || fail "$1 cannot be kept for putting back"
}
for path in ${paths}; do remember "$path"; done
drop_new() { rm -f -- ${prepared.map((change) => quoted(change.path + NEW_SUFFIX)).join(" ")}; }
folder() {
    [ -d "$1" ] && return
    folder "\${1%/*}" && mkdir "$1" && printf '%s\\n' "$1" >> ${originals}/folders
}
prepare() {
    folder "\${1%/*}" && cp -p -- "${staging}/root$1" "$1${NEW_SUFFIX}" || { drop_new; fail "$1 cannot be prepared; nothing was replaced"; }
}
for path in ${quotedWords(prepared.map((change) => change.path))}; do prepare "$path"; done
sync ${originalsIndex} ${prepared.map((change) => quoted(change.path + NEW_SUFFIX)).join(" ")} || { drop_new; fail "the new files cannot be written to the disk; nothing was replaced"; }
[ ! -e ${unfinished} ] || cp ${unfinished} ${previous}/unfinished.json
printf '%s%s%s%s\\n' ${quoted(before)} '"sinceS":' "$(date +%s)" ${quoted(after)} | cat > ${unfinished} || { drop_new; rm -f ${unfinished}; fail "${unfinished} cannot be written; nothing was replaced"; }
${renameLines(prepared.filter((change) => !isForKeepalived(change)))}${removed.map((change) => `rm -f -- ${quoted(change.path)}`).join("\n")}
${restored.map((change) => restoreLine(change.path)).join("\n")}
`;
}

/** Renames what {@link placeScript} prepared for keepalived. */
export function placeForKeepalivedScript(changes: readonly FileChange[]): string {
  return FILE_FUNCTIONS + renameLines(staged(changes).filter(isForKeepalived));
}

function renameLines(changes: readonly FileChange[]): string {
  return `for path in ${quotedWords(changes.map((change) => change.path))}; do mv -f -- "$path${NEW_SUFFIX}" "$path" || fail "$path cannot be replaced"; done\n`;
}

function restoreLine(path: string): string {
  const at = quoted(path);
  const kept = quoted(`${originals}/files${path}`);
  return `cp -a -- ${kept} ${quoted(path + NEW_SUFFIX)} && mv -f -- ${quoted(path + NEW_SUFFIX)} ${at} || fail "${path} cannot be restored"`;
}

/** Removes the folders that were made for hapair's files, where nothing is in them any more. */
export const EMPTY_FOLDERS_LINE = `if [ -r ${originals}/folders ]; then sort -r ${originals}/folders | while IFS= read -r folder; do rmdir -- "$folder" 2> /dev/null; done; fi`;

/** Puts back what {@link placeScript} replaced, and forgets what it noted first. Exit 1: not everything could be put back, said on standard error. */
export function putBackScript(changes: readonly FileChange[]): string {
  const noted = changes.filter((change) => change.original !== "noted");
  return `${FILE_FUNCTIONS}status=0
if [ -e ${unfinished} ]; then
    for path in ${quotedWords(changes.map((change) => change.path))}; do rm -f -- "$path${NEW_SUFFIX}"; put_back "$path"; done
    [ $status -eq 0 ] || exit 1
fi
[ -e ${originalsIndex} ] || touch ${originalsIndex}
for path in ${quotedWords(noted.map((change) => change.path))}; do
    grep -vxF -e "kept $path" -e "absent $path" ${originalsIndex} > ${originalsIndex}.new; mv -f ${originalsIndex}.new ${originalsIndex}
    rm -f -- "${originals}/files$path"
done
${EMPTY_FOLDERS_LINE}
if [ ! -s ${originalsIndex} ]; then rm -rf ${originals} ${previous}; fi
# An earlier apply that was cut off is cut off still.
if [ -e ${previous}/unfinished.json ]; then mv -f ${previous}/unfinished.json ${unfinished}; else rm -f ${unfinished}; fi
${UNSTAGE}
`;
}

/** Ends a node's part of an apply: what stands there now is noted. On standard input: the manifest in one line, then the path list. `marksApplied`: an agent tells by the mark's time what was changed since. */
export function finishScript(options: { readonly marksApplied: boolean }): string {
  return `umask 077
IFS= read -r manifest && printf '%s\\n' "$manifest" > ${manifest}.new && cat > ${pathList}.new && sync ${manifest}.new && mv -f ${manifest}.new ${manifest} && mv -f ${pathList}.new ${pathList} || exit 1
rm -f ${unfinished}; rm -rf ${staging}
${options.marksApplied ? `touch ${agentPaths.appliedMark} && chmod 0644 ${agentPaths.appliedMark} || exit 1\n` : ""}`;
}

/** Removes what was staged, when it is not placed after all. */
export function unstageScript(): string {
  return `${UNSTAGE}\n`;
}
