#!/usr/bin/env bash
# The wizard with a real browser (Chromium on the consent page), a real clipboard (xclip under Xvfb) and a real terminal
# (tmux, which takes OSC 52).
. "$(dirname "$0")/common.sh"

export CROSSPULL WORK TALLY
python3 "$here/wizard.py"
