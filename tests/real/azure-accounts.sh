#!/usr/bin/env bash
# crosspull with the accounts of a real Azure CLI: one person for both tenants, one for each, none, the wrong one, one more
# proof asked for; no Azure CLI at all, and one that hangs.
. "$(dirname "$0")/common.sh"

export CROSSPULL WORK TALLY
python3 "$here/azure_accounts.py"
