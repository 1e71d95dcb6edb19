#!/usr/bin/env bash
# People sign in at a real browser (Chromium on the authorize page and on the page for codes): here, elsewhere, and where a
# tenant's rules refuse it.
. "$(dirname "$0")/common.sh"

export CROSSPULL WORK TALLY
python3 "$here/sign_in.py"
