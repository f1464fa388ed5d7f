#!/bin/sh
# First process of a region's own namespaces (network, mount, pid, ipc, uts, cgroup); mode `node` only.
# Usage: namespace.sh <region directory> <host name> <"v2", or the v1 controllers> <command...>
# It hides what the region must not write on this machine, runs the command, and collects the processes that nobody
# else waits for. When it ends, the kernel ends every process of the region and drops its mounts and interfaces.
set -eu
region=$1
host=$2
controllers=$3
shift 3

hostname "$host" 2>/dev/null || printf %s "$host" >/proc/sys/kernel/hostname

# A /run of its own: sockets, CNI namespaces and locks stay inside. The region's directory appears there under a short name.
mount -n -t tmpfs -o mode=755 tmpfs "$region/run"
mkdir -p "$region/run/agentic-flow" "$region/run/lock" "$region/run/kernel"
mount -n --bind "$region" "$region/run/agentic-flow"
mount -n --move "$region/run" /run
[ -d /var/run ] && [ ! -L /var/run ] && mount -n --bind /run /var/run

# Folders below these are fixed in kubelet and in CNI. Writes go to memory and end with the region.
for folder in /var/lib /var/log; do
  [ -d "$folder" ] || continue
  name=$(basename "$folder")
  mkdir -p "/run/over/$name/upper" "/run/over/$name/work"
  mount -n -t overlay -o "lowerdir=$folder,upperdir=/run/over/$name/upper,workdir=/run/over/$name/work" overlay "$folder" ||
    mount -n -t tmpfs -o mode=755 tmpfs "$folder"
done

# Devices and cgroups as this network and cgroup namespace sees them.
mount -n -t sysfs sysfs /sys
if [ "$controllers" = v2 ]; then
  mount -n -t cgroup2 cgroup2 /sys/fs/cgroup
  # In a tree of its own kind a group that hands controllers on must hold no process itself.
  mkdir -p /sys/fs/cgroup/supervisor
  echo $$ >/sys/fs/cgroup/supervisor/cgroup.procs
  for controller in $(cat /sys/fs/cgroup/cgroup.controllers); do
    echo "+$controller" >/sys/fs/cgroup/cgroup.subtree_control || echo "cgroup controller $controller is not to be had" >&2
  done
else
  mount -n -t tmpfs -o mode=755 tmpfs /sys/fs/cgroup
  for controller in $controllers; do
    folder=/sys/fs/cgroup/${controller#name=}
    mkdir -p "$folder"
    case $controller in
      name=*) mount -n -t cgroup -o "none,$controller" cgroup "$folder" ;;
      *) mount -n -t cgroup -o "$controller" cgroup "$folder" ;;
    esac
    # Controllers that share a hierarchy are looked up by each of their names too.
    case $controller in
      *,*) for one in $(echo "$controller" | tr , ' '); do ln -s "$controller" "/sys/fs/cgroup/$one"; done ;;
    esac
  done
fi

# Kubelet wants these kernel settings; it is shown them and leaves the machine's own alone.
for setting in vm/overcommit_memory=1 vm/panic_on_oom=0 kernel/panic=10 kernel/panic_on_oops=1 kernel/keys/root_maxkeys=1000000 kernel/keys/root_maxbytes=25000000; do
  file=/proc/sys/${setting%%=*}
  shown=/run/kernel/$(echo "${setting%%=*}" | tr / -)
  [ -e "$file" ] || continue
  echo "${setting#*=}" >"$shown"
  mount -n --bind "$shown" "$file"
done

# From here on nothing outside /run, /var/lib and /var/log can be written, whatever a process tries.
mount -n --make-rshared /
mount -n -o remount,bind,ro /

child=
trap 'kill -TERM "$child" 2>/dev/null || :' TERM INT HUP
"$@" </dev/null &
child=$!
while kill -0 "$child" 2>/dev/null; do
  wait "$child" || status=$?
done
exit "${status:-0}"
