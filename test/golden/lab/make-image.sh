set -eu
[ ! -d /var/cache/hapair/images/trixie-1 ] || exit 0
# The lock is ours, so what an earlier build left here is nobody's.
rm -rf --one-file-system /var/cache/hapair/images/trixie-1.building /var/cache/hapair/images/trixie-1.building.customise
trap 'rm -rf --one-file-system /var/cache/hapair/images/trixie-1.building /var/cache/hapair/images/trixie-1.building.customise' EXIT
trap 'exit 143' HUP INT TERM
cat > /var/cache/hapair/images/trixie-1.building.customise <<'END-OF-CUSTOMISE'
set -eu
root=$1
for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer logrotate.timer man-db.timer cron.service console-getty.service getty@tty1.service systemd-pstore.service; do ln -sf /dev/null "$root/etc/systemd/system/$unit"; done
rm -f "$root/etc/systemd/system/multi-user.target.wants/firewalld.service" "$root"/etc/systemd/system/dbus-org.fedoraproject.FirewallD1.service
rm -f "$root"/etc/ssh/ssh_host_*
: > "$root/etc/machine-id"
rm -f "$root/etc/hostname" "$root/etc/resolv.conf" "$root/var/lib/dbus/machine-id"
printf 'PermitRootLogin prohibit-password\nPasswordAuthentication no\n' > "$root/etc/ssh/sshd_config.d/10-hapair-lab.conf"
chroot "$root" useradd --uid 1000 --gid 37 --create-home --home-dir /home/operator --shell /bin/bash operator
printf 'operator ALL=(ALL) NOPASSWD: ALL\n' > "$root/etc/sudoers.d/operator"
chmod 0440 "$root/etc/sudoers.d/operator"
mkdir -p "$root/usr/share/hapair-lab" "$root/var/log/journal"
cat > "$root/usr/share/hapair-lab/backend.cfg" <<'END'
# A back end of a hapair lab: every request is answered with 200 and the server's name.
global
  user haproxy
  group haproxy
  nbthread 1
  maxconn 4000

defaults
  mode http
  timeout client 60s
  timeout server 60s
  timeout connect 5s
  timeout http-keep-alive 60s

frontend answers
  bind [::]:"${PORT}" v4v6
  http-request return status 200 content-type text/plain hdr X-Lab-Backend "${NAME}" string "${NAME}\n"
END
END-OF-CUSTOMISE
mmdebstrap --variant=important --include=systemd,systemd-sysv,dbus,haproxy,keepalived,openssh-server,iproute2,nftables,curl,procps,nodejs,sudo,firewalld,tcpdump,socat \
  --customize-hook='sh /var/cache/hapair/images/trixie-1.building.customise "$1"' trixie /var/cache/hapair/images/trixie-1.building - <<'END-OF-SOURCES' 1>&2
deb http://mirror.example/debian trixie main
deb http://mirror.example/debian trixie-updates main
deb http://mirror.example/debian-security trixie-security main
END-OF-SOURCES
chmod 0755 /var/cache/hapair/images/trixie-1.building
mv -T /var/cache/hapair/images/trixie-1.building /var/cache/hapair/images/trixie-1
