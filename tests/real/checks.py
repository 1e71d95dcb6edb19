"""One line a check, on the screen and in TALLY, and waiting for what is to come."""

import os, time

# Far more than anything takes: whatever does not come by then does not come.
PATIENCE = 120


def until(look, what):
    """Looks until there is something. Ends the script where nothing comes."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        seen = look()
        if seen:
            return seen
        time.sleep(0.1)
    raise SystemExit(f"waited in vain for {what}")


def check(what, right, said=""):
    print(f"  {'ok     ' if right else 'FAILED '} {what}", flush=True)
    if not right:
        print("\n".join("          " + line for line in str(said).splitlines()), flush=True)
    with open(os.environ["TALLY"], "a") as tally:
        tally.write(f"{'ok' if right else 'not ok'} {what}\n")
