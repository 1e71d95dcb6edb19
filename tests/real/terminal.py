"""A terminal program in a tmux of its own, as a person has it: keys in, screens out."""

import os, re, subprocess, tempfile, time, uuid

from checks import until


class Terminal:
    """A program, with its arguments, in a tmux of its own."""

    def __init__(self, command, environment, set_clipboard="off", size=(100, 30)):
        self.tmux = ["tmux", "-L", "crosspull-" + uuid.uuid4().hex[:8], "-f", "/dev/null"]
        clean = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
        clean.update({"LANG": "C.UTF-8", "TERM": "xterm-256color", **environment})
        self.call("new-session", "-d", "-s", "w", "-x", str(size[0]), "-y", str(size[1]), "sleep 86400", env=clean)
        self.call("set", "-g", "status", "off")
        self.call("set", "-g", "remain-on-exit", "on")
        self.call("set", "-g", "set-clipboard", set_clipboard)
        # tmux at times leaves a program that has ended unasked, and knows no exit code then: a shell writes it down.
        self.folder = tempfile.TemporaryDirectory()
        self.code = os.path.join(self.folder.name, "code")
        note = f'"$@"; echo $? >"{self.code}.new"; mv "{self.code}.new" "{self.code}"'
        self.call("respawn-pane", "-k", "-t", "w", "sh", "-c", note, "sh", *command, env=clean)

    def call(self, *words, env=None):
        done = subprocess.run([*self.tmux, *words], capture_output=True, text=True, env=env)
        return done.stdout

    def screen(self):
        return self.call("capture-pane", "-p", "-t", "w")

    def wait(self, words):
        """The screen with these words, drawn to its end: tmux shows what a program has drawn so far."""
        def whole():
            seen = self.screen()
            if words in seen:
                time.sleep(0.05)
                return seen == self.screen() and seen

        try:
            return until(whole, f"{words!r}")
        except SystemExit as late:
            raise SystemExit(f"{late}, on the screen was:\n{self.screen()}")

    def colours(self):
        return self.call("capture-pane", "-e", "-p", "-t", "w")

    def press(self, *keys):
        for key in keys:
            self.call("send-keys", "-t", "w", key)

    def type(self, text):
        self.call("send-keys", "-t", "w", "-l", text)

    def paste(self, text):
        """As a terminal pastes what somebody has copied elsewhere."""
        self.call("set-buffer", text)
        self.call("paste-buffer", "-p", "-d", "-t", "w")

    def choose(self, words):
        """What is marked, once it is there; a list that is still being read marks nothing yet."""
        self.wait(words)
        until(lambda: re.search(r"^ > \S", self.screen(), re.M), f"something to choose at {words!r}")
        self.press("Enter")

    def to_plan(self):
        """From the demo's list to the plan, by the answers that are marked."""
        for words in (
            "All goes well",
            "Which company's cluster",
            "Who signs in there",
            "In which subscription",
            "Which cluster?",
            "Which company's registry",
            "Who signs in there",
            "Which registry?",
            "Which image",
            "Which tag",
        ):
            self.choose(words)
        self.wait("Start: do these")

    def start(self):
        """From the plan to the link, past the warnings."""
        self.press("Enter")
        self.wait("From here on")
        self.press("Enter")
        self.wait("WAITS FOR Fabrikam")
        # A step that ends wipes what was said of a key before.
        until(lambda: re.search(r"carry over +done", self.screen()), "the roles to be carried over")

    def link(self):
        rows = self.screen().splitlines()
        first = next(at for at, row in enumerate(rows) if row.startswith("http"))
        whole = []
        for row in rows[first:]:
            # The link alone begins at the first column.
            if not row.strip() or row.startswith(" "):
                break
            whole.append(row.rstrip())
        return "".join(whole)

    def wait_for_exit(self):
        """The exit code, once the program has ended."""
        try:
            until(lambda: os.path.exists(self.code), "the end")
        except SystemExit as late:
            raise SystemExit(f"{late}, on the screen was:\n{self.screen()}")
        with open(self.code) as code:
            return int(code.read())

    def end(self):
        self.call("kill-server")
        self.folder.cleanup()
