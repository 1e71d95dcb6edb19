#!/usr/bin/env bash
# containerd is what the nodes of a cluster run: it gets its registry token by POST with grant_type=password.
. "$(dirname "$0")/common.sh"

ca=$(sim address ca_file)
read -r app secret key < <(sim app containerd fabrikamimages)
registry=$(sim registry fabrikamimages login_server)
other=$(sim registry fabrikamother login_server)
image=$registry/shop/web:1.4
digest=$(sim digest fabrikamimages shop/web 1.4)

for server in "$registry" "$other"; do
    mkdir -p "$WORK/hosts/$server"
    cat >"$WORK/hosts/$server/hosts.toml" <<HOSTS
server = "https://$server"
[host."https://$server"]
ca = "$ca"
HOSTS
done

# A daemon of its own. Snapshots by plain copies, which every file system can hold; no CRI, which wants a network.
cat >"$WORK/config.toml" <<CONFIG
version = 2
root = "$WORK/root"
state = "$WORK/state"
disabled_plugins = [
    "io.containerd.grpc.v1.cri",
    "io.containerd.internal.v1.opt",
    "io.containerd.snapshotter.v1.aufs",
    "io.containerd.snapshotter.v1.btrfs",
    "io.containerd.snapshotter.v1.devmapper",
    "io.containerd.snapshotter.v1.overlayfs",
    "io.containerd.snapshotter.v1.zfs",
]
[grpc]
address = "$WORK/containerd.sock"
uid = $(id -u)
gid = $(id -g)
[ttrpc]
address = "$WORK/ttrpc.sock"
uid = $(id -u)
gid = $(id -g)
CONFIG

containerd --config "$WORK/config.toml" >"$WORK/containerd.log" 2>&1 </dev/null &
daemon=$!
stop() {
    kill "$daemon" 2>/dev/null || true
    wait "$daemon" 2>/dev/null || true
}
trap stop EXIT

ctr() {
    command ctr --address "$WORK/containerd.sock" --namespace crosspull "$@"
}

up() {
    for _ in $(seq 1200); do
        kill -0 "$daemon" 2>/dev/null || break
        if ctr version >/dev/null 2>&1; then return; fi
        sleep 0.1
    done
    cat "$WORK/containerd.log"
    return 1
}
works "the daemon starts" up

# Unpacking mounts, which not every container lets its root do; without it, all is fetched and nothing unpacked.
if unshare --mount true 2>/dev/null; then
    pull=(images pull --snapshotter native)
else
    echo "  (no right to mount here: content is fetched, and not unpacked)"
    pull=(content fetch)
fi
pull() {
    ctr "${pull[@]}" --hosts-dir "$WORK/hosts" "$@"
}

# The manifest of an architecture, as the index names it.
of_platform() {
    ctr content get "$digest" | python3 -c '
import json, sys
for entry in json.load(sys.stdin)["manifests"]:
    if entry["platform"]["architecture"] == sys.argv[1]:
        print(entry["digest"])' "$1"
}

holds() {
    ctr content ls -q | grep -qx -- "$1"
}

case $(uname -m) in
x86_64) own=amd64 foreign=arm64 ;;
aarch64) own=arm64 foreign=amd64 ;;
*) own=none foreign=none ;;
esac

refused "is refused with a wrong secret" "401 unauthorized" pull --user "$app:wrong" "$image"
refused "is refused without a secret" "401 unauthorized|authorization failed|no basic auth" pull "$image"
refused "is refused where the app has no right" "401 unauthorized|403 forbidden|insufficient_scope|authorization failed" \
    pull --user "$app:$secret" "$other/shop/web:1.4"
if holds "$digest"; then failed "holds nothing before it may pull"; else passed "holds nothing before it may pull"; fi

works "pulls the image with the app's id and secret" pull --user "$app:$secret" "$image"
works "holds the index that the tag points to" holds "$digest"
if [ "$own" != none ]; then
    works "resolved its own platform from the index" holds "$(of_platform "$own")"
    if holds "$(of_platform "$foreign")"; then
        failed "left the other platform alone" "it holds $foreign too"
    else
        passed "left the other platform alone"
    fi
    works "fetches the other platform when asked" \
        ctr content fetch --hosts-dir "$WORK/hosts" --platform "linux/$foreign" --user "$app:$secret" "$image"
    works "holds the other platform then" holds "$(of_platform "$foreign")"
fi

sim admin POST /expire-key "{\"key_id\": \"$key\"}" >/dev/null
settle
refused "is refused with an expired secret" "401 unauthorized" pull --user "$app:$secret" "$image"
