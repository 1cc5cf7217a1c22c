// What a lab host's root filesystem is made of.
// Rule: pure. The recipe's text names the image, so a changed recipe makes a new image and an unchanged one is never built twice.
import type { Suite } from "./lab-spec.ts";
import { backendConfiguration, backendConfigurationPath } from "./script-text.ts";

const packages = [
  "systemd",
  "systemd-sysv",
  "dbus",
  "haproxy",
  "keepalived",
  "openssh-server",
  "iproute2",
  "nftables",
  "curl",
  "procps",
  "nodejs",
  "sudo",
  "firewalld",
  "tcpdump",
  "socat",
] as const;

/** Jobs by the clock have no place in a machine that lives for minutes and measures milliseconds. */
const maskedUnits = [
  "apt-daily.timer",
  "apt-daily-upgrade.timer",
  "dpkg-db-backup.timer",
  "e2scrub_all.timer",
  "e2scrub_reap.service",
  "fstrim.timer",
  "logrotate.timer",
  "man-db.timer",
  "cron.service",
  "console-getty.service",
  "getty@tty1.service",
  "systemd-pstore.service",
] as const;

/** Who may log in on a host whose root may not. */
export const sudoLogin = { user: "operator", uid: 1000, gid: 37, home: "/home/operator" } as const;

/** Runs with the new root's path as $1 and makes of a Debian system a lab host that has not been given its own identity yet. */
function customiseScript(): string {
  return `set -eu
root=$1
for unit in ${maskedUnits.join(" ")}; do ln -sf /dev/null "$root/etc/systemd/system/$unit"; done
rm -f "$root/etc/systemd/system/multi-user.target.wants/firewalld.service" "$root"/etc/systemd/system/dbus-org.fedoraproject.FirewallD1.service
rm -f "$root"/etc/ssh/ssh_host_*
: > "$root/etc/machine-id"
rm -f "$root/etc/hostname" "$root/etc/resolv.conf" "$root/var/lib/dbus/machine-id"
printf 'PermitRootLogin prohibit-password\\nPasswordAuthentication no\\n' > "$root/etc/ssh/sshd_config.d/10-hapair-lab.conf"
chroot "$root" useradd --uid ${sudoLogin.uid} --gid ${sudoLogin.gid} --create-home --home-dir ${sudoLogin.home} --shell /bin/bash ${sudoLogin.user}
printf '${sudoLogin.user} ALL=(ALL) NOPASSWD: ALL\\n' > "$root/etc/sudoers.d/${sudoLogin.user}"
chmod 0440 "$root/etc/sudoers.d/${sudoLogin.user}"
mkdir -p "$root/usr/share/hapair-lab" "$root/var/log/journal"
cat > "$root${backendConfigurationPath}" <<'END'
${backendConfiguration}END
`;
}

export interface ImageRecipe {
  readonly suite: Suite;
  readonly packages: readonly string[];
  readonly customise: string;
  /** Everything that decides what the image holds; its hash names the image. */
  readonly text: string;
}

/** The recipe of a host's root filesystem for a Debian release. */
export function imageRecipe(suite: Suite): ImageRecipe {
  const customise = customiseScript();
  return { suite, packages, customise, text: JSON.stringify({ suite, packages, customise }) };
}

/** Where Debian's packages come from. */
export interface Mirror {
  readonly archive: string;
  readonly security: string;
}

/** The shell script that makes an image at `path`; whoever runs it holds the image's lock. */
export function imageBuildScript(recipe: ImageRecipe, mirror: Mirror, path: string): string {
  const { suite } = recipe;
  const building = `${path}.building`;
  return `set -eu
[ ! -d ${path} ] || exit 0
# The lock is ours, so what an earlier build left here is nobody's.
rm -rf --one-file-system ${building} ${building}.customise
trap 'rm -rf --one-file-system ${building} ${building}.customise' EXIT
trap 'exit 143' HUP INT TERM
cat > ${building}.customise <<'END-OF-CUSTOMISE'
${recipe.customise}END-OF-CUSTOMISE
mmdebstrap --variant=important --include=${recipe.packages.join(",")} \\
  --customize-hook='sh ${building}.customise "$1"' ${suite} ${building} - <<'END-OF-SOURCES' 1>&2
deb ${mirror.archive} ${suite} main
deb ${mirror.archive} ${suite}-updates main
deb ${mirror.security} ${suite}-security main
END-OF-SOURCES
chmod 0755 ${building}
mv -T ${building} ${path}
`;
}
