#!/usr/bin/env python3
"""crosspull with the accounts of a real Azure CLI, each of its states leading to the right screen.

People sign in to the Azure CLI with device codes, on the pages of a simulator of this script's own. CROSSPULL names the
binary, WORK a folder of its own.
"""

import json, os, re, shlex, threading, time

from azure_people import (
    ANA, BEN, CONTOSO, FABRIKAM, GAIL, RECORDED, SECRET, STARTED, Accounts, Azure, Crosspull, alive, at, hanging,
    prepared, read, recorder,
)
from checks import check, until
from person import Person
from simulator import named, service_principal


def answer(wizard, question, words):
    wizard.wait(question)
    # Before the accounts are known, the list has not settled.
    until(lambda: "Looking for accounts" not in wizard.screen(), "the accounts")
    wizard.type(words)
    wizard.press("Enter")


def choose(wizard, words):
    """Takes a way to sign in, past what was typed before."""
    wizard.wait("Who signs in there")
    wizard.press("C-u")
    wizard.type(words)
    until(lambda: f"> {words}" in wizard.screen(), words)
    wizard.press("Enter")


def shows(wizard, *words):
    """Whether all of it comes to stand on the screen, however it is broken into lines; and the screen."""
    there = lambda: all(part in " ".join(wizard.screen().split()) for part in words)
    try:
        until(there, words)
    except SystemExit:
        return False, wizard.screen()
    return True, wizard.screen()


def hang(simulator, nobody):
    """Begun first, since it takes as long as the deadlines are."""
    wizard = Crosspull(simulator, nobody, hanging(), "hanging").wizard()
    wizard.wait("Which company's cluster")
    wizard.type(CONTOSO)
    wizard.press("Enter")
    wizard.wait("Who signs in there")
    check("az hangs: other ways are offered meanwhile", *shows(wizard, "with a code", "in the browser"))
    return wizard


def hung(wizard):
    answer(wizard, "Who signs in there", "the Azure CLI")
    check("az hangs: CP-208, once its time is over", *shows(wizard, "CP-208", "does not answer"))
    started = [int(pid) for line in read(STARTED).splitlines() for pid in line.split()]
    # What is killed takes a moment to go.
    until(lambda: not any(map(alive, started)), f"the end of {started}")
    check("az hangs: it was begun, and nothing of it is left", len(started) >= 4, started)
    choose(wizard, "with a code")
    wizard.wait("devicelogin")
    check("az hangs: another way is open", True)


def not_installed(simulator, nobody):
    os.makedirs(at("empty"), exist_ok=True)
    crosspull = Crosspull(simulator, nobody, at("empty"), "not-installed")
    code, said = crosspull.run("plan", crosspull.setup())
    check("no az: crosspull plan says CP-205", code == 5 and "CP-205" in said, said)
    wizard = crosspull.wizard()
    try:
        answer(wizard, "Which company's cluster", CONTOSO)
        _, screen = shows(wizard, "with a code", "in the browser", "the Azure CLI")
        check("no az: other ways are offered first", 0 < screen.find("with a code") < screen.find("the Azure CLI"), screen)
        answer(wizard, "Who signs in there", "the Azure CLI")
        check("no az: CP-205 on the screen", *shows(wizard, "CP-205", "The Azure CLI is not there"))
        choose(wizard, "with a code")
        screen = wizard.wait("devicelogin")
        page, code = re.search(r"http\S+devicelogin", screen).group(0), re.search(r"\b[A-Z]{9}\b", screen).group(0)
        Person(ANA).type_code(page, code)
        screen = wizard.wait("In which subscription")
        check("no az: a code gets in all the same", ANA in screen, screen)
    finally:
        wizard.end()


def not_signed_in(simulator, nobody):
    crosspull = Crosspull(simulator, Accounts(simulator, "not-yet", like=nobody), recorder(), "not-signed-in")
    code, said = crosspull.run("plan", crosspull.setup())
    command = f"az login --tenant {simulator.ask('tenant', CONTOSO, 'id')[1].strip()}"
    right = code == 5 and "CP-206" in said and "Sign in with: az login --tenant" in said
    check("nobody is signed in: crosspull plan says CP-206", right, said)
    wizard = crosspull.wizard()
    try:
        answer(wizard, "Which company's cluster", CONTOSO)
        answer(wizard, "Who signs in there", "the Azure CLI")
        words = ("Nobody is signed in to the Azure CLI", command)
        check("nobody is signed in: CP-206 on the screen, with the command", *shows(wizard, "CP-206", *words))
        crosspull.accounts.login(ANA, CONTOSO)
        wizard.press("Enter")
        screen = wizard.wait("In which subscription")
        check("nobody is signed in: after az login the same key gets in", ANA in screen, screen)
    finally:
        wizard.end()


def wrong_tenant(simulator, ana):
    crosspull = Crosspull(simulator, ana, recorder(), "wrong-tenant")
    code, said = crosspull.run("plan", crosspull.setup())
    check("signed in elsewhere: crosspull plan says CP-201", code == 5 and "CP-201" in said and "AADSTS50020" in said, said)
    wizard = crosspull.wizard()
    try:
        known, screen = shows(wizard, f"signed in: {ANA}")
        check("signed in elsewhere: her own tenant is offered with her account", known, screen)
        answer(wizard, "Which company's cluster", FABRIKAM)
        _, screen = shows(wizard, "Who signs in there", "more ways")
        check("signed in elsewhere: the account is not offered here", ANA not in screen, screen)
        answer(wizard, "Who signs in there", "the Azure CLI")
        words = ("AADSTS50020", ANA, "is neither a member nor a guest", "be invited as a guest", "> the Azure CLI")
        check("signed in elsewhere: CP-201 on the screen", *shows(wizard, "CP-201", *words))
    finally:
        wizard.end()


def one_each(simulator, both, connected):
    """Ben signed in last, so that his subscription is the default one. A cluster that is being updated is not offered."""
    connected.wait()
    crosspull = Crosspull(simulator, both, recorder(), "one-each")
    wizard = crosspull.wizard()
    try:
        each = (f"signed in: {ANA}", f"signed in: {BEN}")
        check("one each: both tenants are offered, each with its account", *shows(wizard, *each))
        choose_both("one each", wizard, simulator, "shop-prod", ANA, BEN)
        check("one each: each side has its own account", *shows(wizard, "Which image", ANA, BEN))
    finally:
        wizard.end()
    # A program on the other side, with a secret of its own.
    program = named(simulator.ready, "operators", "ben")
    crosspull.secrets[SECRET] = program["client_secret"]
    code, said = crosspull.run("plan", crosspull.setup(service_principal(program, SECRET)))
    del crosspull.secrets[SECRET]
    check("one each: crosspull plan takes hers, although his is the default", code == 0, said)
    both.az("account", "set", "--subscription", named(simulator.ready, "clusters", "shop-prod")["id"].split("/")[2])
    code, said = crosspull.run("plan", crosspull.setup())
    check("one each: crosspull plan takes his, although hers is the default", code == 0, said)


def choose_both(what, wizard, simulator, cluster, first, second):
    """By the ids of what is to be connected, with the accounts that are offered first."""
    sides = (("cluster", "clusters", cluster, first), ("registry", "registries", "fabrikamimages", second))
    for side, kind, name, account in sides:
        answer(wizard, f"Which company's {side}", named(simulator.ready, kind, name)["id"])
        wizard.wait("Who signs in there")
        check(f"{what}: the {side}'s side is offered {account}", *shows(wizard, f"> {account} Azure CLI"))
        wizard.press("Enter")
        wizard.wait(f"Which {side}?")
        wizard.wait(f"> {name}")
        wizard.press("Enter")


def one_for_both(simulator, gail, connected):
    crosspull = Crosspull(simulator, gail, recorder(), "one-for-both")
    try:
        code, said = crosspull.run("apply", crosspull.setup(), "--yes")
    finally:
        connected.set()
    check("one for both: crosspull apply goes to the end", code == 0, said)
    right, said = simulator.ask("pulls", "shop-prod", "fabrikamimages/shop/web:1.4")
    check("one for both: every node can pull", right, said)


def one_more_proof(simulator, gail):
    crosspull = Crosspull(simulator, gail, recorder(), "one-more-proof")
    simulator.second_factor(True)
    wizard = crosspull.wizard()
    try:
        choose_both("one for both", wizard, simulator, "shop-vnet", GAIL, GAIL)
        answer(wizard, "Which image", "shop/web")
        answer(wizard, "Which tag", "1.4")
        screen = wizard.wait("Start: do these")
        check("one for both: a plan is made, with her name on both sides", screen.count(GAIL) == 2, screen)
        wizard.press("Enter")
        wizard.wait("Start?")
        wizard.press("Enter")
        prove(wizard, gail, "the first write in the cluster's tenant")
        wizard.wait("WAITS FOR Fabrikam")
        app = re.search(r"client_id=([0-9a-f-]{36})", wizard.link()).group(1)
        simulator.ask("admin", "POST", "/consent", json.dumps({"tenant": FABRIKAM, "app_id": app}))
        prove(wizard, gail, "the first write in the registry's tenant")
        wizard.wait("WAITS FOR YOUR YES")
        wizard.press("Enter")
        wizard.wait("Replace every node?")
        wizard.type("shop-vnet")
        wizard.press("Enter")
        wizard.wait("PROVEN")
        right, said = simulator.ask("pulls", "shop-vnet", "fabrikamimages/shop/web:1.4")
        check("one more proof: the run goes on to the end", right, said)
    finally:
        wizard.end()
        simulator.second_factor(False)


def prove(wizard, accounts, when):
    """Runs the very command that the wizard gives, and tries again."""
    shown = shows(wizard, "CP-223", "az login --tenant", "--claims-challenge")
    wizard.press("c")
    command = until(lambda: wizard.call("show-buffer"), "the command on the clipboard")
    wizard.call("delete-buffer")
    words = shlex.split(command)
    options = [word for word in words if word.startswith("--")]
    right = words[:2] == ["az", "login"] and options == ["--tenant", "--scope", "--claims-challenge"]
    check(f"one more proof: CP-223 at {when}, with the command", right and shown[0], f"{command}\n{shown[1]}")
    accounts.sign_in(GAIL, words)
    wizard.press("r")
    until(lambda: "CP-223" not in wizard.screen(), "the failure to go")


def kept_apart():
    lines = read(RECORDED).splitlines()
    names = {line[5:] for line in lines if line.startswith("name ")}
    check("az was run, with its own settings", {"AZURE_CONFIG_DIR", "AZURE_CORE_NO_COLOR"} <= names, names)
    check("az has no secret in its environment", not names & {SECRET, "AZURE_CLIENT_SECRET"}, names)
    keys = {line for line in lines if line.startswith("stdin ")}
    check("az gets no keys", keys == {"stdin /dev/null"}, keys)
    asked = {line for line in lines if line.startswith("arguments ")}
    harmless = re.compile(
        r"arguments account (list --all --output json|get-access-token -o json --scope \S+( --tenant \S+| --subscription \S+)?)"
    )
    other = [line for line in asked if not harmless.fullmatch(line)]
    check("az is only asked who there is, and for tokens", asked and not other, other)


def lane(*parts):
    """Parts one after the other, beside other lanes."""

    def run():
        for part, *given in parts:
            began = time.monotonic()
            try:
                part(*given)
            except BaseException as late:
                check(part.__name__.replace("_", " "), False, late)
            print(f"  ({part.__name__.replace('_', ' ')}: {time.monotonic() - began:.0f} s)", flush=True)

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def main():
    simulator = Azure()
    slow = None
    try:
        nobody, gail, ana, both = prepared(simulator)
        slow = hang(simulator, nobody)
        connected = threading.Event()
        lanes = (
            lane((one_for_both, simulator, gail, connected), (one_more_proof, simulator, gail)),
            lane(
                (not_installed, simulator, nobody), (not_signed_in, simulator, nobody), (wrong_tenant, simulator, ana),
                (one_each, simulator, both, connected),
            ),
        )
        hung(slow)
        for one in lanes:
            one.join()
        kept_apart()
        right, said = simulator.ask("unknown")
        check("nobody asked the simulator for what it does not know", right, said)
    finally:
        if slow:
            slow.end()
        simulator.end()


try:
    main()
except SystemExit as late:
    check("the accounts of the Azure CLI", False, late)
