#!/bin/sh
# Starts the lab's back end web1; made by hapair.
remember() {
  read -r stat < "/proc/$2/stat" || return 0
  file=$1 id=$2
  set -- ${stat##*) }
  echo "$id ${20}" > "$file"
}
remember /run/hapair/labs/ext-lb-1/backends/web1.process $$ || exit 1
exec nsenter --net=/run/netns/hapair-ext-lb-1-backend-1 chroot /var/cache/hapair/images/bookworm-1 /usr/bin/env -i \
  NAME=web1 PORT=80 \
  /usr/sbin/haproxy -db -f /usr/share/hapair-lab/backend.cfg
