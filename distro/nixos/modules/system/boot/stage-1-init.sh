export PATH=/bin
mount -t proc -o nosuid,nodev,noexec proc /proc
mount -t sysfs -o nosuid,nodev,noexec sysfs /sys
mount -t devtmpfs -o nosuid,mode=0755 devtmpfs /dev 2>/dev/null
mkdir -p /dev/pts /dev/shm
mount -t devpts -o nosuid,noexec,mode=0620,ptmxmode=0666,gid=3 devpts /dev/pts
mount -t tmpfs -o nosuid,nodev,strictatime,mode=1777 tmpfs /dev/shm
mount -t tmpfs -o nosuid,nodev,mode=0755 tmpfs /run

target=/mnt-root
stage2=/init
shell_on_fail=
for word in $(cat /proc/cmdline); do
  case $word in
    init=*) stage2=${word#init=} ;;
    root=*) root_device=${word#root=} ;;
    boot.shell_on_fail) shell_on_fail=1 ;;
    boot.debug1|boot.trace) set -x ;;
  esac
done

say() { echo "<<< stage 1: $* >>>" > /dev/kmsg; }

# Without a way on, the machine stops: a kernel panic is what watches over it can see.
fail() {
  echo "stage 1: $*" > /dev/console
  say "$*"
  if [ -n "$shell_on_fail" ]; then setsid sh -c 'exec sh </dev/console >/dev/console 2>&1'; fi
  sleep 1
  exit 1
}

# All in one process. A module whose hardware is missing is not an error.
load_modules() {
  modprobe -a $(cat /modules) 2>/dev/null
}

# The kernel's name of a device; waits until it is there.
find_device() {
  wanted=$1
  tries=0
  while :; do
    case $wanted in
      /dev/disk/by-label/*) found=$(findfs "LABEL=${wanted#/dev/disk/by-label/}" 2>/dev/null) ;;
      /dev/disk/by-uuid/*) found=$(findfs "UUID=${wanted#/dev/disk/by-uuid/}" 2>/dev/null) ;;
      LABEL=*|UUID=*) found=$(findfs "$wanted" 2>/dev/null) ;;
      *) found=$wanted ;;
    esac
    if [ -n "$found" ] && [ -b "$found" ]; then return 0; fi
    tries=$((tries + 1))
    [ $tries -lt 200 ] || return 1
    usleep 50000
  done
}

check_fs() {
  case $2 in
    ext2|ext3|ext4) ;;
    *) return 0 ;;
  esac
  command -v e2fsck >/dev/null || return 0
  e2fsck -a "$1"
  [ $? -le 1 ] || fail "the file system on $1 has errors that need a person"
}

mount_fs() {
  device=$1 mount_point=$2 type=$3 options=$4 check=$5 bind=$6
  mkdir -p "$target$mount_point"
  if [ "$bind" = 1 ]; then
    mkdir -p "$target$device"
    mount --bind "$target$device" "$target$mount_point" || fail "cannot bind $device to $mount_point"
    return
  fi
  case $type in
    overlay)
      found=$device
      for option in $(echo "$options" | tr , ' '); do
        case $option in upperdir=*|workdir=*) mkdir -p "${option#*=}" ;; esac
      done
      ;;
    tmpfs|ramfs|9p|virtiofs) found=$device ;;
    *)
      find_device "$device" || fail "no device $device for $mount_point appeared within 10 s"
      [ "$check" = 0 ] || check_fs "$found" "$type"
      ;;
  esac
  if [ "$type" = auto ]; then type=; fi
  mount ${type:+-t "$type"} ${options:+-o "$options"} "$found" "$target$mount_point" \
    || fail "cannot mount $found on $mount_point"
}

start_stage_2() {
  for folder in proc sys dev run; do mkdir -p "$target/$folder"; done
  # The path may go through links that are whole only under the new root.
  [ -e "$target$stage2" ] || [ -L "$target$stage2" ] || fail "the second stage '$stage2' is not on the root file system"
  mount --move /proc "$target/proc"
  mount --move /sys "$target/sys"
  mount --move /dev "$target/dev"
  mount --move /run "$target/run"
  exec switch_root "$target" "$stage2"
}
