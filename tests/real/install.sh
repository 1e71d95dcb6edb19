#!/usr/bin/env bash
# Installs the clients that judge the simulator, and what some proofs look with, where they are missing. Prints the folder of the Azure CLI as its last
# line. Nothing is written into the repository.
set -euo pipefail

# The version that the simulator was measured against: a newer one may ask for operations that it does not know.
az_version=2.91.0
cache=${XDG_CACHE_HOME:-$HOME/.cache}/crosspull-ci
az_home=$cache/azure-cli-$az_version

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

missing=()
command -v skopeo >/dev/null || missing+=(skopeo)
command -v containerd >/dev/null && command -v ctr >/dev/null || missing+=(containerd)
command -v chromium >/dev/null || missing+=(chromium)
command -v chromedriver >/dev/null || missing+=(chromium-driver)
command -v Xvfb >/dev/null || missing+=(xvfb)
command -v xclip >/dev/null || missing+=(xclip)
command -v tmux >/dev/null || missing+=(tmux)
command -v dbus-daemon >/dev/null || missing+=(dbus)
command -v gnome-keyring-daemon >/dev/null || missing+=(gnome-keyring)
command -v secret-tool >/dev/null || missing+=(libsecret-tools)
command -v gdbus >/dev/null || missing+=(libglib2.0-bin)
command -v openssl >/dev/null || missing+=(openssl)
command -v gdb >/dev/null || missing+=(gdb)
compgen -G '/usr/lib/*/faketime/libfaketime.so.1' >/dev/null || missing+=(faketime)
# The one of Debian's two that can open TLS.
[ -x /usr/lib/squid/security_file_certgen ] || missing+=(squid-openssl)
python3 -c 'import ensurepip, ssl' 2>/dev/null || missing+=(python3 python3-venv)
if [ ${#missing[@]} -gt 0 ]; then
    export DEBIAN_FRONTEND=noninteractive
    # Somebody else may be installing.
    apt() { as_root apt-get -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 -q "$@" >&2; }
    apt update
    # Services that come with the packages are not started; what is needed of them, the tests start themselves.
    policy=/usr/sbin/policy-rc.d
    if [ ! -e "$policy" ]; then
        trap 'as_root rm -f "$policy"' EXIT
        printf '#!/bin/sh\nexit 101\n' | as_root install -m 755 /dev/stdin "$policy"
    fi
    apt install -y --no-install-recommends "${missing[@]}"
fi

# The mark is written last: an install that was cut short is begun anew.
if [ ! -e "$az_home/installed" ]; then
    rm -rf "$az_home"
    mkdir -p "$cache"
    python3 -m venv "$az_home" >&2
    "$az_home/bin/python" -m pip install --quiet uv >&2
    "$az_home/bin/uv" pip install --quiet --python "$az_home/bin/python" "azure-cli==$az_version" >&2
    touch "$az_home/installed"
fi

echo "$az_home/bin"
