#!/usr/bin/env bash
# A real keychain (gnome-keyring on a bus of its own): none, locked, unlocked, and a process that is killed in between.
. "$(dirname "$0")/common.sh"

export CROSSPULL WORK TALLY
python3 "$here/keychain.py"
