#!/usr/bin/env python3
"""The wizard with a real browser, a real clipboard and a real terminal.

It runs `crosspull demo` in tmux, presses keys, and lets Chromium, xclip and tmux judge what comes of it. Prints one line a
check and adds it to TALLY, as the shell scripts beside it do. CROSSPULL names the binary, WORK a folder of its own.
"""

import json, os, re, shutil, subprocess, sys, urllib.error, urllib.request

from checks import check
from terminal import PATIENCE, Terminal, until

BINARY, WORK = (os.environ[name] for name in ("CROSSPULL", "WORK"))


class Browser:
    """Chromium, driven over WebDriver."""

    def __init__(self):
        self.driver = subprocess.Popen(
            ["chromedriver", "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self.port = None
        for line in self.driver.stdout:
            if found := re.search(r"started successfully on port (\d+)", line):
                self.port = found.group(1)
                break
        arguments = [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            # Nothing but this machine is reached, whatever a page leads to.
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost",
            f"--user-data-dir={WORK}/chromium",
        ]
        options = {"binary": shutil.which("chromium"), "args": arguments}
        wanted = {"capabilities": {"alwaysMatch": {"goog:chromeOptions": options, "pageLoadStrategy": "eager"}}}
        self.session = self.post("/session", wanted)["sessionId"]

    def post(self, path, body):
        return self.request(path, json.dumps(body).encode())

    def request(self, path, body=None):
        request = urllib.request.Request(f"http://localhost:{self.port}{path}", data=body)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=PATIENCE) as answer:
            return json.load(answer)["value"]

    def open(self, address):
        self.post(f"/session/{self.session}/url", {"url": address})

    def click(self, selector):
        def find():
            try:
                found = self.post(f"/session/{self.session}/element", {"using": "css selector", "value": selector})
            except urllib.error.HTTPError:
                return None
            return next(iter(found.values()))

        element = until(find, f"{selector} on the page")
        try:
            self.post(f"/session/{self.session}/element/{element}/click", {})
        except urllib.error.HTTPError as failed:
            # A page that nobody can reach may come behind the click, and that is an error of its own.
            if b"net::ERR" not in failed.read():
                raise

    def text(self):
        try:
            body = self.post(f"/session/{self.session}/element", {"using": "css selector", "value": "body"})
            return self.request(f"/session/{self.session}/element/{next(iter(body.values()))}/text")
        except urllib.error.HTTPError:
            # Between two pages there is none.
            return ""

    def address(self):
        return self.request(f"/session/{self.session}/url")

    def end(self):
        try:
            urllib.request.urlopen(
                urllib.request.Request(f"http://localhost:{self.port}/session/{self.session}", method="DELETE"), timeout=20
            )
        finally:
            self.driver.terminate()
            self.driver.wait()


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


def launcher():
    """An xdg-open that notes what it is given, and whether it can see the terminal."""
    folder = os.path.join(WORK, "bin")
    os.makedirs(folder, exist_ok=True)
    noted = os.path.join(WORK, "opened")
    with open(os.path.join(folder, "xdg-open"), "w") as script:
        script.write(f'#!/bin/sh\nif [ -t 0 ] || [ -t 1 ] || [ -t 2 ]; then echo terminal >{noted}.seen; fi\necho "$1" >{noted}\n')
    os.chmod(os.path.join(folder, "xdg-open"), 0o755)
    return folder, noted


def on_a_desktop():
    display = Display()
    folder, noted = launcher()
    wizard = Terminal([BINARY, "demo"], {"DISPLAY": display.name, "PATH": folder + ":" + os.environ["PATH"]})
    browser = Browser()
    try:
        wizard.to_plan()
        wizard.start()
        link = wizard.link()
        wizard.press("c")
        wizard.wait("On the clipboard: the link")
        check("xclip reads the link that was copied", display.paste() == link, display.paste())
        wizard.press("Enter")
        wizard.wait("Handed to the browser")
        opened = until(lambda: os.path.exists(noted) and open(noted).read().strip(), "the browser's launcher")
        check("the browser is given the link that stands on the screen", opened == link, f"{opened}\n{link}")
        check("the browser's launcher is kept off the terminal", not os.path.exists(noted + ".seen"))

        browser.open(opened)
        user = re.search(r"sign in as (\S+@\S+\w)", wizard.screen()).group(1)
        browser.click(f"button.person[value='{user}']")
        until(lambda: "Accept" in browser.text(), "the consent page")
        check("Chromium shows what is consented to", "crosspull shop-prod-to-fabrikamimages" in browser.text(), browser.text())
        browser.click("#accept")
        until(lambda: "microsoft.com" in browser.address(), "the address that the page ends on")
        landed = browser.address()
        check("the page ends on microsoft.com", "//www.microsoft.com" in landed, landed)
        wizard.wait("WAITS FOR YOUR YES")
        check("the wizard goes on by itself once Chromium has accepted", True)

        wizard.press("Enter")
        wizard.wait("Replace every node?")
        wizard.call("send-keys", "-t", "w", "-l", "shop-prod")
        wizard.press("Enter")
        wizard.wait("PROVEN")
        check("the proof is reached", True)
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
        wizard.wait("close and wipe")
        check("the secret is shown once on request", secret in wizard.screen(), wizard.screen())
        wizard.press("Escape")
        until(lambda: secret not in wizard.screen(), "the secret to go")
        wizard.press("v")
        check("it is not shown a second time", secret not in wizard.screen())
        wizard.press("k")
        wizard.wait("On the clipboard: the secret")
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
        wizard.press("Enter")
        wizard.wait("There is no display here to open a browser on")
        check("without a display the wizard says that no browser can be opened", True)
    finally:
        wizard.end()


for part in (without_a_display, on_a_desktop):
    try:
        part()
    except SystemExit as late:
        check(part.__name__.replace("_", " "), False, late)
        sys.exit(0)
