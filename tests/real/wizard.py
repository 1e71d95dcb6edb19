#!/usr/bin/env python3
"""The wizard with a real browser, a real clipboard and a real terminal.

It runs `crosspull demo` in tmux, presses keys, and lets Chromium, xclip and tmux judge what comes of it. Prints one line a
check and adds it to TALLY, as the shell scripts beside it do. CROSSPULL names the binary, WORK a folder of its own.
"""

import os, re, subprocess, sys

from browser import Browser, Launcher
from checks import PATIENCE, check, until
from terminal import Terminal

BINARY, WORK = (os.environ[name] for name in ("CROSSPULL", "WORK"))


class Display:
    """An X server without a screen."""

    def __init__(self):
        told, tell = os.pipe()
        self.server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(tell), "-nolisten", "tcp"], pass_fds=[tell], stderr=subprocess.DEVNULL
        )
        os.close(tell)
        with os.fdopen(told) as number:
            self.name = ":" + number.readline().strip()

    def paste(self, target="UTF8_STRING"):
        command = ["xclip", "-selection", "clipboard", "-o", "-t", target, "-display", self.name]
        return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE).stdout

    def end(self):
        self.server.terminate()
        self.server.wait()


def on_a_desktop():
    display = Display()
    launcher = Launcher(WORK)
    wizard = Terminal([BINARY, "demo"], {"DISPLAY": display.name, "PATH": launcher.path()})
    browser = Browser(os.path.join(WORK, "chromium"))
    try:
        wizard.to_plan()
        wizard.start()
        link = wizard.link()
        wizard.press("c")
        wizard.wait("On the clipboard: the link")
        check("xclip reads the link that was copied", display.paste() == link, display.paste())
        wizard.press("Enter")
        wizard.wait("Handed to the browser")
        opened = launcher.opened()
        check("the browser is given the link that stands on the screen", opened == link, f"{opened}\n{link}")
        check("the browser's launcher is kept off the terminal", not launcher.saw_terminal())

        browser.open(opened)
        user = re.search(r"browser,\s+as\s+(\S+@\S+\w)", wizard.screen()).group(1)
        browser.click(f"button.person[value='{user}']")
        page = browser.wait("Accept")
        check("Chromium shows what is consented to", "crosspull shop-prod-to-fabrikamimages" in page, page)
        browser.click("#accept")
        until(lambda: "microsoft.com" in browser.address(), "the address that the page ends on")
        landed = browser.address()
        check("the page ends on microsoft.com", "//www.microsoft.com" in landed, landed)
        wizard.wait("WAITS FOR YOUR YES")
        check("the wizard goes on by itself once Chromium has accepted", True)

        wizard.press("Enter")
        wizard.wait("Replace every node?")
        wizard.type("shop-prod")
        wizard.press("Enter")
        wizard.wait("PROVEN")
        check("the proof is reached", True)
        # Until the setup is closed, the key means nothing.
        wizard.wait("k secret")
        wizard.press("k")
        wizard.wait("On the clipboard: the secret")
        secret = display.paste()
        check("xclip reads the secret that was copied", len(secret) > 20 and secret != link, f"{len(secret)} characters")
        targets = display.paste("TARGETS")
        check("clipboard histories are told to leave the secret out", "x-kde-passwordManagerHint" in targets, targets)
        check("the secret is not on the screen", secret not in wizard.screen().replace("\n", ""))
        wizard.wait("The secret was removed from the clipboard")
        check("xclip finds the clipboard cleared later", display.paste() != secret, "still there")
        wizard.press("v")
        wizard.wait("Show the secret?")
        wizard.press("Enter")
        wizard.wait("close and wipe")
        check("the secret is shown once on request", secret in wizard.screen(), wizard.screen())
        wizard.press("Escape")
        until(lambda: secret not in wizard.screen(), "the secret to go")
        wizard.press("v", "k")
        wizard.wait("On the clipboard: the secret")
        check("it is not shown a second time", secret not in wizard.screen())
        wizard.press("q")
        wizard.wait("Leave crosspull?")
        wizard.press("Enter")
        wizard.wait_for_exit()
        check("a secret does not outlive the program on the clipboard", display.paste() != secret, "still there")
    finally:
        browser.end()
        wizard.end()
        display.end()


def without_a_display():
    wizard = Terminal([BINARY, "demo"], {}, set_clipboard="on")
    try:
        wizard.to_plan()
        wizard.start()
        link = wizard.link()
        wizard.press("c")
        wizard.wait("Sent to your terminal: the link")
        buffer = until(lambda: wizard.call("show-buffer"), "a buffer in tmux")
        check("tmux receives the link by OSC 52", buffer == link, buffer)
        shown = wizard.wait("Enter copy link")
        check("without a display the wizard offers the link and no browser", "open" not in shown.splitlines()[-1], shown)
    finally:
        wizard.end()


for part in (without_a_display, on_a_desktop):
    try:
        part()
    except SystemExit as late:
        check(part.__name__.replace("_", " "), False, late)
        sys.exit(0)
