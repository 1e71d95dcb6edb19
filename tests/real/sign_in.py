#!/usr/bin/env python3
"""People who sign in with a real browser, from the wizard and from the command line.

It runs `crosspull` in tmux against a simulator of its own; Chromium signs in on the simulator's pages, here, on a machine
elsewhere, and where a tenant's rules refuse it. Prints one line a check and adds it to TALLY, as the shell scripts beside it
do. CROSSPULL names the binary, WORK a folder of its own.
"""

import json, os, re, subprocess, sys, urllib.parse

from browser import Browser, Launcher
from checks import PATIENCE, check, until
from simulator import BINARY, Simulator, named, service_principal, setup
from terminal import Terminal

WORK = os.environ["WORK"]
ANA, BEN = "ana@contoso.example", "ben@fabrikam.example"
CONTOSO, FABRIKAM = "contoso.example", "fabrikam.example"
# The size that everything has to fit on.
SMALL = (80, 24)
# Where no browser opens.
ELSEWHERE = {"SSH_CONNECTION": "192.0.2.1 1 192.0.2.2 22"}


def rules(simulator, tenant, **rules):
    """The tenant's rules for signing in: these and no others."""
    names = ("mfa_for_writes", "mfa_always", "block_device_code", "block_browser")
    whole = {name: rules.get(name, False) for name in names}
    done, said = simulator.ask("admin", "POST", "/sign-in-policy", json.dumps({"tenant": tenant, **whole}))
    if not done:
        sys.exit(said)


def folder(name):
    whole = os.path.join(WORK, name)
    os.mkdir(whole)
    return whole


def connected(simulator, folder):
    """The arguments that lead to the simulator."""
    ready = simulator.ready
    return [
        "--data-dir", folder, "--resource-manager", ready["resource_manager"], "--ca-file", ready["ca_file"],
        "--pace", "50",
    ]


class Wizard(Terminal):
    """The wizard, which begins anew."""

    def __init__(self, simulator, name, environment):
        home = folder(name)
        super().__init__([BINARY, *connected(simulator, home)], {"HOME": home, **environment}, size=SMALL)

    def to_first_account(self):
        self.wait("a new setup")
        self.press("n")
        self.to_account(CONTOSO)

    def to_account(self, tenant):
        self.wait("Which company's")
        self.type(tenant)
        self.wait(f"> {tenant}")
        self.press("Enter")
        self.wait("Who signs in there?")

    def pick(self, words):
        """Types words, and takes what they mark in the list, once that is there."""
        self.type(words)
        # The field, and the line below it that is marked, begin alike.
        marked = re.compile(rf"^ > {re.escape(words)}(?= |$)", re.M)
        until(lambda: len(marked.findall(self.screen())) == 2, f"{words!r} in the list")
        self.press("Enter")


def signs_in(browser, page, person):
    browser.open(page)
    browser.click(f"button.person[value='{person}']")


def here(simulator, browser):
    """A browser on this machine: both sides, and once more where the second factor is wanted."""
    launcher = Launcher(WORK)
    wizard = Wizard(simulator, "here", {"DISPLAY": ":0", "PATH": launcher.path()})
    try:
        wizard.to_first_account()
        wizard.pick("in the browser")
        link = launcher.opened()
        wizard.wait("Sign in to contoso.example.")
        check("the browser is given the link that stands on the screen", wizard.link() == link, f"{wizard.link()}\n{link}")
        check("the link asks for a form, which leaves no code in an address", "response_mode=form_post" in link, link)
        signs_in(browser, link, ANA)
        page = browser.wait("close this tab")
        check("Chromium says that the tab can be closed", "Signed in" in page, page)
        wizard.choose("In which subscription is the cluster?")
        check("the wizard goes on by itself", ANA in wizard.screen(), wizard.screen())
        wizard.wait("Which cluster?")
        wizard.pick("shop-prod")
        wizard.to_account(FABRIKAM)
        wizard.pick("in the browser")
        signs_in(browser, launcher.opened(), BEN)
        screen = wizard.wait("Which registry?")
        check("somebody else signs in on the registry's side", BEN in screen, screen)
        wizard.pick("fabrikamimages")
        wizard.choose("Which image")
        wizard.choose("Which tag")
        wizard.wait("Start: do these")

        for tenant in (CONTOSO, FABRIKAM):
            rules(simulator, tenant, mfa_for_writes=True)
        wizard.press("Enter")
        wizard.wait("Enter start")
        wizard.press("Enter")
        wizard.wait("waits for it")
        asked = " ".join(wizard.wait("changes anything in Contoso").split())
        check("the first change on the cluster's side asks for the second factor", f"asks for one more proof of who you are, such as a code from your phone. Sign in once more as {ANA}." in asked, asked)
        check("and says which step waits for it", re.search(r"Step \d+ \([^)]+\) waits for it", asked), asked)
        proves(browser, launcher.opened(), ANA)
        wizard.wait("WAITS FOR Fabrikam")
        wizard.press("Enter")
        signs_in(browser, launcher.opened(), BEN)
        browser.click("#accept")
        asked = " ".join(wizard.wait("changes anything in Fabrikam").split())
        check("so does the first on the registry's side", f"Sign in once more as {BEN}." in asked, asked)
        proves(browser, launcher.opened(), BEN)
        wizard.wait("WAITS FOR YOUR YES")
        wizard.press("Enter")
        wizard.wait("Replace every node?")
        wizard.type("shop-prod")
        wizard.press("Enter")
        wizard.wait("k secret")
        check("the proof is reached", "PROVEN" in wizard.screen(), wizard.screen())
        check("and nobody was asked once more", not os.path.exists(launcher.noted))
    finally:
        wizard.end()


def with_a_code(simulator, browser):
    """A code that is typed in Chromium, with a second factor."""
    rules(simulator, CONTOSO, mfa_always=True)
    launcher = Launcher(WORK)
    wizard = Wizard(simulator, "code", {"DISPLAY": ":0", "PATH": launcher.path()})
    try:
        wizard.to_first_account()
        wizard.pick("with a code")
        page, code = page_and_code(wizard)
        wizard.press("Enter")
        opened = launcher.opened()
        check("the page for the code is opened", opened == page, f"{opened}\n{page}")
        gives_code(browser, page, code)
        browser.click("#approve")
        browser.click("#accept")
        browser.wait("You have signed in")
        wizard.choose("In which subscription is the cluster?")
        check("the wizard goes on once Chromium has taken the code", ANA in wizard.screen(), wizard.screen())
    finally:
        wizard.end()


def refused(simulator, browser):
    """A tenant whose rules let nobody in one way, then the other."""
    launcher = Launcher(WORK)
    wizard = Wizard(simulator, "refused", {"DISPLAY": ":0", "PATH": launcher.path()})
    try:
        wizard.to_first_account()
        rules(simulator, CONTOSO, block_browser=True)
        wizard.pick("in the browser")
        signs_in(browser, launcher.opened(), ANA)
        page = browser.wait("AADSTS53003")
        check("a refusal stays on the page", "localhost" in browser.address() and "/authorize" in browser.address(), page)
        wizard.press("p")
        wizard.wait("Paste the whole address")
        wizard.paste(page)
        explained(wizard, "the error that is pasted is explained")
        rules(simulator, CONTOSO, block_device_code=True)
        wizard.pick("with a code")
        gives_code(browser, *page_and_code(wizard))
        browser.wait("AADSTS53003")
        explained(wizard, "a code that is refused is explained by itself")
        wizard.pick("in the browser")
        signs_in(browser, launcher.opened(), ANA)
        wizard.choose("In which subscription is the cluster?")
        check("another way in works from there", ANA in wizard.screen(), wizard.screen())
    finally:
        wizard.end()


def explained(wizard, what):
    screen = wizard.wait("CP-203")
    offers = all(f" {way}  " in screen for way in ("in the browser", "with a code", "the Azure CLI", "a service principal"))
    check(what, "A sign-in rule of the tenant stands in the way" in screen, screen)
    check("and the other ways are offered", offers, screen)


def elsewhere(simulator, browser):
    """A browser on another machine, which finds nothing at the address that it ends on."""
    wizard = Wizard(simulator, "elsewhere", ELSEWHERE)
    try:
        wizard.to_first_account()
        wizard.pick("in the browser")
        wizard.wait("Copy that page's whole address")
        ends_on = signs_in_elsewhere(browser, wizard.link())
        check("the wizard waits for what is pasted", "Copy that page's whole address" in wizard.screen(), wizard.screen())
        wizard.paste(ends_on)
        wizard.choose("In which subscription is the cluster?")
        check("the address that is pasted signs in", ANA in wizard.screen(), wizard.screen())
    finally:
        wizard.end()


def on_the_command_line(simulator, browser):
    home = folder("lines")
    ben = named(simulator.ready, "operators", "ben")
    environment = {"HOME": home, "BEN_SECRET": ben["client_secret"]}
    plan = os.path.join(home, "setup.toml")
    with open(plan, "w") as file:
        file.write(setup(simulator.ready, 'sign_in = "browser"', service_principal(ben, "BEN_SECRET")))
    lines = Terminal([BINARY, "plan", plan, *connected(simulator, home)], {**environment, **ELSEWHERE}, size=SMALL)
    try:
        lines.wait("Paste that address here")
        address = signs_in_elsewhere(browser, lines.link())
        lines.type("http://localhost/")
        lines.press("Enter")
        said = lines.wait("That is neither the address")
        check("the command line says when something else is pasted", "begins with http://localhost:" in said, said)
        lines.type(address)
        lines.press("Enter")
        lines.wait("what will happen")
        check("the command line takes the address too", lines.wait_for_exit() == 0, lines.screen())
    finally:
        lines.end()


def with_a_code_and_no_terminal(simulator, browser):
    home = folder("pipes")
    ben = named(simulator.ready, "operators", "ben")
    plan = os.path.join(home, "setup.toml")
    with open(plan, "w") as file:
        file.write(setup(simulator.ready, 'sign_in = "device-code"', service_principal(ben, "BEN_SECRET")))
    process = subprocess.Popen(
        [BINARY, "plan", plan, "--json", *connected(simulator, home)],
        env={"PATH": os.environ["PATH"], "HOME": home, "BEN_SECRET": ben["client_secret"]},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )
    try:
        event = json.loads(process.stdout.readline())
        check("JSON tells of a sign-in that waits", event["event"] == "sign-in" and event["how"]["code"], event)
        gives_code(browser, event["how"]["page"], event["how"]["code"])
        browser.click("#accept")
        out, said = process.communicate(timeout=PATIENCE)
        check("so do lines for people", event["how"]["code"] in said and event["how"]["page"] in said, said)
        events = [json.loads(line)["event"] for line in out.splitlines()]
        check("and the plan comes once Chromium has taken the code", process.returncode == 0 and "plan" in events, said + out)
    finally:
        process.kill()


def signs_in(browser, page, person):
    browser.open(page)
    browser.click(f"button.person[value='{person}']")


def proves(browser, page, person):
    """Signs in with the second factor."""
    signs_in(browser, page, person)
    browser.click("#approve")
    browser.wait("close this tab")


def page_and_code(wizard):
    rows = wizard.wait("Type this code there").splitlines()
    at = next(at for at, row in enumerate(rows) if "Type this code there" in row)
    return wizard.link(), next(row.strip() for row in rows[at + 1:] if row.strip())


def gives_code(browser, page, code):
    browser.open(page)
    browser.type("#user-code", code)
    browser.click("#next")
    browser.click(f"button.person[value='{ANA}']")


def signs_in_elsewhere(browser, page):
    """The address that the browser ends on, which it cannot show."""
    signs_in(browser, page, ANA)
    until(lambda: "code=" in browser.address(), "the address that the page ends on")
    return browser.address()


def run(parts, simulator, browser):
    for part in parts:
        for tenant in (CONTOSO, FABRIKAM):
            rules(simulator, tenant)
        try:
            part(simulator, browser)
        except SystemExit as late:
            check(part.__name__.replace("_", " "), False, late)


def main():
    simulator = Simulator(WORK)
    try:
        browser = Browser(os.path.join(WORK, "chromium"))
        try:
            run((with_a_code, refused, with_a_code_and_no_terminal, here), simulator, browser)
        finally:
            browser.end()
        kept = browser.history()
        landed = [one for one in kept if re.fullmatch(r"http://localhost:\d+/", one)]
        check("the browser remembers where it came back to", len(landed) >= 4, "\n".join(kept))
        check("and no code", not [one for one in kept if re.search(r"[?&#]code=", one)], "\n".join(kept))
        # On another machine the simulator's pages are there, and nothing else of this one.
        login = urllib.parse.urlsplit(simulator.ready["login"]).netloc
        browser = Browser(os.path.join(WORK, "elsewhere-chromium"), reach=f"MAP {login} 127.0.0.1, MAP * ~NOTFOUND")
        try:
            run((elsewhere, on_the_command_line), simulator, browser)
        finally:
            browser.end()
        known, asked = simulator.ask("unknown")
        check("nobody asked the simulator for what it does not know", known, asked)
    finally:
        simulator.end()


main()
