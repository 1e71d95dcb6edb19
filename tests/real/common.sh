# What the scripts share: assertions, and the way to the simulator. Sourced after tests/real/run has set
#   SIM_READY  the simulator's ready file       TALLY  one line a check
#   CROSSPULL  the binary                       WORK   a folder of the script's own, removed afterwards
# shellcheck shell=bash
set -euo pipefail

here=$(dirname "${BASH_SOURCE[0]}")

sim() {
    python3 "$here/sim.py" "$@"
}

passed() {
    echo "  ok      $1"
    echo "ok $1" >>"$TALLY"
}

failed() {
    echo "  FAILED  $1"
    sed 's/^/          /' <<<"${2:-}"
    echo "not ok $1" >>"$TALLY"
}

# is WHAT EXPECTED ACTUAL
is() {
    if [ "$2" = "$3" ]; then passed "$1"; else failed "$1" "expected: $2"$'\n'"but was:  $3"; fi
}

# has WHAT PART WHOLE
has() {
    if [[ $3 == *"$2"* ]]; then passed "$1"; else failed "$1" "expected in it: $2"$'\n'"but it was:     $3"; fi
}

# works WHAT COMMAND…
works() {
    local what=$1 said
    shift
    if said=$("$@" 2>&1); then passed "$what"; else failed "$what" "$said"; fi
}

# refused WHAT WORDS COMMAND…: the command fails, and says these words (an extended regular expression, in any case).
refused() {
    local what=$1 words=$2 said
    shift 2
    if said=$("$@" 2>&1); then
        failed "$what" "it was not refused"
    elif grep -qiE -- "$words" <<<"$said"; then
        passed "$what"
    else
        failed "$what" "expected: $words"$'\n'"but said: $said"
    fi
}

# Ends the simulator's lags: what was written can be read, and rights hold.
settle() {
    sim admin POST /clock '{"advance_seconds": 60}' >/dev/null
}
