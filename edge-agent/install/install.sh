#!/bin/sh
# Installs the GitOps agent on this machine, or removes it. Needs nothing but a POSIX shell and coreutils. See --help.
set -eu

usage() {
  cat <<'HELP'
install.sh [--from DIR] [--identity DIR] [--no-start] [--dmi]   installs the agent for this machine's architecture
install.sh --uninstall [--purge]                        removes it; state and identity stay unless --purge

  --from DIR       where gitops-agent-linux-ARCH, gitops-agent.service and SHA256SUMS lie (default: beside this script)
  --identity DIR   the folder that 'gitops node add' wrote; copied to /etc/gitops-agent where there is none yet
  --dmi            installs gitops-dmi as well, which serves KubeEdge mappers
  --no-start       does not enable or start the service
  --root DIR       works below DIR, as for an image; starts nothing
  --arch ARCH      x64 or arm64, instead of this machine's
Run again it changes what differs and nothing else; a new binary restarts the service, and no workload.
HELP
}

from=$(dirname "$0") identity='' start=1 root='' uninstall=0 purge=0 arch='' dmi=0
while [ $# -gt 0 ]; do
  case $1 in
    --from | --identity | --root | --arch)
      [ $# -gt 1 ] || { echo "$1 needs a value" >&2; exit 2; }
      case $1 in --from) from=$2 ;; --identity) identity=$2 ;; --root) root=${2%/} start=0 ;; --arch) arch=$2 ;; esac
      shift ;;
    --no-start) start=0 ;;
    --dmi) dmi=1 ;;
    --uninstall) uninstall=1 ;;
    --purge) purge=1 ;;
    -h | --help) usage; exit 0 ;;
    *) echo "unknown option $1" >&2; usage >&2; exit 2 ;;
  esac
  shift
done

binary=$root/usr/bin/gitops-agent
gateway=$root/usr/bin/gitops-dmi
unit=$root/etc/systemd/system/gitops-agent.service
settings=$root/etc/gitops-agent
state=$root/var/lib/gitops-agent

fail() { echo "install.sh: $1" >&2; [ -z "${2:-}" ] || echo "  fix: $2" >&2; exit "${3:-1}"; }
has_systemd() { [ -z "$root" ] && [ -d /run/systemd/system ]; }

if [ -n "$root" ]; then
  [ -d "$root" ] || fail "there is no folder $root" "name the root of an image" 2
elif [ "$(id -u)" != 0 ]; then
  fail "this needs root" "sudo $0" 5
fi
if command -v dpkg-query >/dev/null && [ -z "$root" ] && dpkg-query -W -f '${db:Status-Status}' gitops-agent 2>/dev/null | grep -qx installed; then
  fail "the Debian package gitops-agent is installed here" "apt-get install or remove it; not both ways" 5
fi

# Put in place as one: a power cut leaves the old file or the new one.
place() { # SOURCE TARGET MODE
  mkdir -p "$(dirname "$2")"
  if [ -f "$2" ] && cmp -s "$1" "$2"; then return 1; fi
  cp "$1" "$2.new"
  chmod "$3" "$2.new"
  sync "$2.new"
  mv -f "$2.new" "$2"
  sync "$(dirname "$2")"
}

if [ $uninstall = 1 ]; then
  if has_systemd && [ -f "$unit" ]; then
    systemctl disable --now gitops-agent.service >/dev/null 2>&1 || true
  fi
  rm -f "$binary" "$unit" "$binary.new" "$unit.new" "$gateway" "$gateway.new"
  if has_systemd; then systemctl daemon-reload; fi
  if [ $purge = 1 ]; then
    rm -rf "$settings" "$state"
    echo "the agent, its identity and its state are gone; workloads that run go on until they end or the machine does"
  else
    echo "the agent is removed; identity and state stay in $settings and $state (--purge removes them); workloads that run go on"
  fi
  exit 0
fi
[ $purge = 0 ] || fail "--purge goes with --uninstall" "" 2

case ${arch:-$(uname -m)} in
  x64 | x86_64) name=gitops-agent-linux-x64 ;;
  arm64 | aarch64) name=gitops-agent-linux-arm64 ;;
  *) fail "there is no agent for ${arch:-$(uname -m)}" "x64 and arm64 are built" 5 ;;
esac
dmi_name=gitops-dmi-${name#gitops-agent-}
# Both are of one version: where it was installed before, it comes along.
if [ $dmi = 0 ] && { [ ! -f "$gateway" ] || [ ! -f "$from/$dmi_name" ]; }; then dmi_name=''; fi
for file in "$name" $dmi_name gitops-agent.service SHA256SUMS; do
  [ -f "$from/$file" ] || fail "there is no $from/$file" "unpack the whole archive, or name its folder with --from"
done
for file in "$name" $dmi_name gitops-agent.service; do
  expected=$(awk -v file="$file" '$2 == file || $2 == "*" file { print $1 }' "$from/SHA256SUMS")
  actual=$(sha256sum <"$from/$file" | cut -d ' ' -f 1)
  [ -n "$expected" ] || fail "SHA256SUMS does not name $file" "take the archive again"
  [ "$expected" = "$actual" ] || fail "$file is not what SHA256SUMS says: expected $expected, it is $actual" "take the archive again"
done

changed=0
if place "$from/$name" "$binary" 0755; then changed=1; fi
if [ -n "$dmi_name" ] && place "$from/$dmi_name" "$gateway" 0755; then changed=1; fi
if place "$from/gitops-agent.service" "$unit" 0644; then changed=1; fi
if [ -n "$identity" ]; then
  [ -f "$identity/agent.json" ] || fail "there is no agent.json in $identity" "name the folder that 'gitops node add' wrote"
  if [ -f "$settings/agent.json" ]; then
    cmp -s "$identity/node.crt" "$settings/node.crt" ||
      fail "$settings holds another identity" "to replace the node, remove it with --uninstall --purge first"
  else
    mkdir -p "$settings"
    chmod 0700 "$settings"
    cp "$identity"/* "$settings"/
    chmod 0600 "$settings/node.key"
    chmod go-w "$settings"/*
    sync
    changed=1
  fi
fi

if has_systemd && [ $start = 1 ]; then
  systemctl daemon-reload
  systemctl enable --quiet gitops-agent.service
  if [ ! -f "$settings/agent.json" ]; then
    echo "installed; make this machine a node: 'gitops-agent enroll', or the folder of 'gitops node add' in $settings; then: systemctl start gitops-agent"
    exit 0
  fi
  if [ $changed = 1 ]; then systemctl restart gitops-agent.service; else systemctl start gitops-agent.service; fi
  echo "installed and started: gitops-agent status"
elif [ $changed = 1 ]; then
  echo "installed; without systemd start it as it is started here: gitops-agent run"
else
  echo "nothing changed"
fi
