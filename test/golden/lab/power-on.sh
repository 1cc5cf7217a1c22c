#!/bin/sh
# Keeps the lab's host extlb-01 powered; made by hapair. It ends when the host is switched off.
remember() {
  read -r stat < "/proc/$2/stat" || return 0
  file=$1 id=$2
  set -- ${stat##*) }
  echo "$id ${20}" > "$file"
}
remember /run/hapair/labs/ext-lb-1/hosts/extlb-01/supervisor $$ || exit 1

# A machine that is off has no network, no addresses, no rules and no settings: they are made anew at every start.
unplug() {
  ip -n hapair-ext-lb-1-switch -force -batch - 2>/dev/null <<'END'
link del host-1-1
link del host-1-2
END
  ip netns del hapair-ext-lb-1-host-1 2>/dev/null
  for group in /sys/fs/cgroup/hapair-ext-lb-1-1; do
    # A group is busy for some milliseconds after its last process; one that stays would hand its settings (frozen, say) to the next boot.
    tries=0
    while [ -d "$group" ] && [ $tries -lt 200 ]; do
      tries=$((tries + 1))
      find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || sleep 0.01
    done
  done
}

plug() {
  ip netns add hapair-ext-lb-1-host-1 || return 1
  if [ -e /run/hapair/labs/ext-lb-1/hosts/extlb-01/cable-cut ]; then
    ip -n hapair-ext-lb-1-switch -batch - <<'END' || return 1
link add host-1-1 type veth peer name ens192 address 02:68:70:01:01:01 netns hapair-ext-lb-1-host-1
link set host-1-1 master bridge
link add host-1-2 type veth peer name ens224 address 02:68:70:01:01:02 netns hapair-ext-lb-1-host-1
link set host-1-2 master bridge
END
  else
    ip -n hapair-ext-lb-1-switch -batch - <<'END' || return 1
link add host-1-1 type veth peer name ens192 address 02:68:70:01:01:01 netns hapair-ext-lb-1-host-1
link set host-1-1 master bridge up
link add host-1-2 type veth peer name ens224 address 02:68:70:01:01:02 netns hapair-ext-lb-1-host-1
link set host-1-2 master bridge up
END
  fi
  ip -n hapair-ext-lb-1-host-1 -batch - <<'END' || return 1
link set lo up
link set ens192 up
link set ens224 up
addr add 10.150.160.30/24 dev ens192 brd +
addr add 2001:db8::30/64 dev ens192 nodad
addr add 10.9.0.1/24 dev ens224 brd +
route add 0.0.0.0/0 dev ens192
route add ::/0 dev ens192
END
}

# A control group of its own lets a host be frozen as a whole, and keeps two hosts' systemd out of each other's groups.
# The mounts are private. nspawn's own notes in /run/systemd go to a private tmpfs: a host that loses power leaves none behind.
boot() {
  for group in /sys/fs/cgroup/hapair-ext-lb-1-1; do
    mkdir -p "$group" && echo 0 > "$group/cgroup.procs" || exit 1
  done
  export SYSTEMD_NSPAWN_API_VFS_WRITABLE=network
  exec unshare --mount --propagation slave sh -c '
  mkdir -p /run/systemd && mount -t tmpfs tmpfs /run/systemd || exit 1
  mount -t overlay overlay -o lowerdir=/var/cache/hapair/images/bookworm-1,upperdir=/var/lib/hapair/labs/ext-lb-1/extlb-01/upper,workdir=/var/lib/hapair/labs/ext-lb-1/extlb-01/work /run/hapair/labs/ext-lb-1/hosts/extlb-01/root || exit 1
  exec systemd-nspawn --quiet --boot --register=no --keep-unit --capability=all --link-journal=no --resolv-conf=off --timezone=off \
    --console=read-only --kill-signal=SIGRTMIN+3 --network-namespace-path=/run/netns/hapair-ext-lb-1-host-1 \
    --machine=hapair-ext-lb-1-1 --hostname=extlb-01 --directory=/run/hapair/labs/ext-lb-1/hosts/extlb-01/root'
}

starts=0
while [ $starts -lt 100 ]; do
  starts=$((starts + 1))
  unplug
  plug || break
  boot &
  remember /run/hapair/labs/ext-lb-1/hosts/extlb-01/nspawn $!
  wait $!
  code=$?
  rm -f /run/hapair/labs/ext-lb-1/hosts/extlb-01/nspawn
  [ $code -eq 133 ] || break
done
unplug
rm -f /run/hapair/labs/ext-lb-1/hosts/extlb-01/supervisor
