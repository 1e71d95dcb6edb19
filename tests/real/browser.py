"""A real browser, and what desktops open links with."""

import contextlib, json, os, re, shutil, sqlite3, subprocess, urllib.error, urllib.request

from checks import PATIENCE, until


class Browser:
    """Chromium, driven over WebDriver. Nothing but this machine is reached, whatever a page leads to; `reach` says which of it."""

    def __init__(self, folder, reach="MAP * ~NOTFOUND, EXCLUDE localhost"):
        self.folder = folder
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
            # The simulator's authority is nobody's.
            "--ignore-certificate-errors",
            f"--host-resolver-rules={reach}",
            f"--user-data-dir={folder}",
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

    def find(self, selector):
        def find():
            try:
                found = self.post(f"/session/{self.session}/element", {"using": "css selector", "value": selector})
            except urllib.error.HTTPError:
                return None
            return next(iter(found.values()))

        return until(find, f"{selector} on the page")

    def type(self, selector, text):
        self.post(f"/session/{self.session}/element/{self.find(selector)}/value", {"text": text})

    def click(self, selector):
        try:
            self.post(f"/session/{self.session}/element/{self.find(selector)}/click", {})
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

    def wait(self, words):
        try:
            return until(lambda: words in (seen := self.text()) and seen, f"{words!r}")
        except SystemExit as late:
            raise SystemExit(f"{late}, in the browser was {self.address()}:\n{self.text()}")

    def history(self):
        """The addresses that it keeps, once it has ended."""
        with contextlib.closing(sqlite3.connect(os.path.join(self.folder, "Default", "History"))) as kept:
            return [address for (address,) in kept.execute("SELECT url FROM urls ORDER BY id")]

    def end(self):
        try:
            urllib.request.urlopen(
                urllib.request.Request(f"http://localhost:{self.port}/session/{self.session}", method="DELETE"),
                timeout=PATIENCE,
            )
        finally:
            self.driver.terminate()
            self.driver.wait()


class Launcher:
    """An xdg-open that notes what it is given, and whether it can see the terminal."""

    def __init__(self, folder):
        self.folder, self.noted = os.path.join(folder, "bin"), os.path.join(folder, "opened")
        os.makedirs(self.folder, exist_ok=True)
        script = os.path.join(self.folder, "xdg-open")
        with open(script, "w") as file:
            file.write(
                f"#!/bin/sh\nif [ -t 0 ] || [ -t 1 ] || [ -t 2 ]; then echo terminal >{self.noted}.seen; fi\n"
                f'echo "$1" >{self.noted}.new && mv {self.noted}.new {self.noted}\n'
            )
        os.chmod(script, 0o755)

    def path(self):
        return self.folder + ":" + os.environ["PATH"]

    def opened(self):
        """The next link that is opened."""
        until(lambda: os.path.exists(self.noted), "the browser's launcher")
        with open(self.noted) as file:
            link = file.read().strip()
        os.remove(self.noted)
        return link

    def saw_terminal(self):
        return os.path.exists(self.noted + ".seen")
