#!/usr/bin/env bash
# A real proxy (squid) between crosspull and the simulator: plain, with a password, and one that opens connections.
. "$(dirname "$0")/common.sh"

export CROSSPULL WORK TALLY SIM_READY
python3 "$here/proxy.py"
