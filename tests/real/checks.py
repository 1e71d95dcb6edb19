"""One line a check, added to TALLY, as the shell scripts beside it do."""

import os


def check(what, right, said=""):
    print(f"  {'ok     ' if right else 'FAILED '} {what}", flush=True)
    if not right:
        print("\n".join("          " + line for line in str(said).splitlines()), flush=True)
    with open(os.environ["TALLY"], "a") as tally:
        tally.write(f"{'ok' if right else 'not ok'} {what}\n")
