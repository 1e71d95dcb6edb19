#!/usr/bin/env python3
"""crosspull --keychain with gnome-keyring, on a bus and in folders of its own.

CROSSPULL names the binary, WORK a folder of its own. Nothing of the machine's own keychains is touched.
"""

import glob, json, os, re, signal, subprocess, time

from checks import check, until
from simulator import BINARY, Simulator, service_principal, setup

WORK = os.environ["WORK"]


def at(*parts):
    return os.path.join(WORK, *parts)


def folder(*parts):
    os.makedirs(at(*parts), mode=0o700, exist_ok=True)
    return at(*parts)


class Keyring:
    """A bus of its own, with a keyring that has the empty password, or with none."""

    def __init__(self, name, unlocked=None):
        self.home, self.name, self.daemon = folder(name), name, None
        self.environment = {
            "PATH": os.environ["PATH"], "HOME": self.home, "LANG": "C.UTF-8", "NO_PROXY": os.environ.get("NO_PROXY", ""),
            "XDG_RUNTIME_DIR": folder(name, "run"), "XDG_DATA_HOME": folder(name, "share"),
            "XDG_CONFIG_HOME": folder(name, "config"), "XDG_CACHE_HOME": folder(name, "cache"),
        }
        # Without the services of this machine: nothing else may start on the bus.
        config = at(name, "bus.conf")
        with open(config, "w") as file:
            file.write(
                f'<busconfig><type>session</type><listen>unix:path={at(name, "bus")}</listen>'
                '<policy context="default"><allow send_destination="*"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>'
            )
        self.bus = subprocess.Popen(
            ["dbus-daemon", f"--config-file={config}", "--nofork"], env=self.environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        until(lambda: os.path.exists(at(name, "bus")), "the bus")
        self.environment["DBUS_SESSION_BUS_ADDRESS"] = f"unix:path={at(name, 'bus')}"
        if unlocked is not None:
            self.start(unlocked)

    def start(self, unlocked):
        """With the empty password where it is to be unlocked: a login keyring is made of it, or opened with it."""
        self.end_daemon()
        command = ["gnome-keyring-daemon", "--foreground", "--components=secrets"]
        self.daemon = subprocess.Popen(
            [*command, "--unlock"] if unlocked else command, env=self.environment, stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        self.daemon.stdin.write(b"\n" if unlocked else b"")
        self.daemon.stdin.close()
        answers = ["gdbus", "call", "--session", "-d", "org.freedesktop.secrets", "-o", "/org/freedesktop/secrets",
                   "-m", "org.freedesktop.Secret.Service.ReadAlias", "default"]
        until(lambda: self.run(answers)[0] == 0 and ("/collection/" in self.run(answers)[1]), "the keyring")

    def run(self, command, **more):
        done = subprocess.run(
            command, env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, timeout=120, **more,
        )
        return done.returncode, done.stdout

    def entries(self):
        """The names of crosspull's entries."""
        _, said = self.run(["secret-tool", "search", "--all", "service", "crosspull"])
        return sorted(set(re.findall(r"attribute\.username = (.*)", said)))

    def text(self, name):
        return self.run(["secret-tool", "lookup", "service", "crosspull", "username", name])[1].strip()

    def end_daemon(self):
        if self.daemon:
            self.daemon.terminate()
            self.daemon.wait()

    def end(self):
        self.end_daemon()
        self.bus.terminate()
        self.bus.wait()


class Crosspull:
    """The program on a simulator's own world, beside a keychain."""

    def __init__(self, keyring, name):
        self.keyring, self.folder = keyring, folder(f"world-{name}")
        self.simulator = Simulator(self.folder)
        ready = self.simulator.ready
        operators = {one["name"]: one for tenant in ready["tenants"] for one in tenant["operators"]}
        self.ana, self.ben = operators["ana"], operators["ben"]
        self.file = at(f"world-{name}", "setup.toml")
        text = setup(ready, service_principal(self.ana, "ANA"), service_principal(self.ben, "BEN"))
        with open(self.file, "w") as file:
            file.write(text.replace("confirm_node_replacement = true", "confirm_node_replacement = false"))

    def command(self, *words):
        # A node is only replaced once its cluster is named, so that a run waits there.
        ready = self.simulator.ready
        return [BINARY, "--resource-manager", ready["resource_manager"], "--ca-file", ready["ca_file"], "--pace", "50",
                "--data-dir", self.folder, "--log", os.path.join(self.folder, "log"), "--verbose", *words]

    def environment(self):
        return {**self.keyring.environment, "ANA": self.ana["client_secret"], "BEN": self.ben["client_secret"]}

    def run(self, *words, environment=None):
        done = subprocess.run(
            self.command(*words), env=environment or self.environment(), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300,
        )
        self.said = getattr(self, "said", "") + done.stdout
        return done.returncode, done.stdout

    def killed_at(self, words, line):
        """Kills it with SIGKILL as soon as it prints a line with these words."""
        process = subprocess.Popen(
            self.command(*words), env=self.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True,
        )
        said = ""
        for came in process.stdout:
            said += came
            if re.search(line, came):
                break
        process.send_signal(signal.SIGKILL)
        process.wait()
        self.said = getattr(self, "said", "") + said
        return said

    def records(self):
        found = glob.glob(os.path.join(self.folder, "setups", "*", "journal.jsonl"))
        with open(found[0]) as file:
            return [json.loads(line) for line in file]

    def has(self, kind):
        return [record for record in self.records() if record["record"] == kind]

    def changed(self):
        return os.path.exists(os.path.join(self.folder, "setups"))

    def end(self):
        self.simulator.end()


def files_with(text, *folders):
    found = []
    for root in folders:
        for path, _, names in os.walk(root):
            for name in names:
                try:
                    with open(os.path.join(path, name), "rb") as file:
                        if text.encode() in file.read():
                            found.append(os.path.join(path, name))
                except OSError:
                    pass
    return found


def none():
    """No bus at all, and a bus without a keychain."""
    keyring = Keyring("none")
    crosspull = Crosspull(keyring, "none")
    try:
        without = {k: v for k, v in crosspull.environment().items() if k != "DBUS_SESSION_BUS_ADDRESS"}
        for what, environment in [("no bus", without), ("a bus without a keychain", None)]:
            code, said = crosspull.run("apply", crosspull.file, "--yes", "--keychain", environment=environment)
            check(f"{what}: refused with CP-717", code == 1 and "CP-717" in said, said)
            check(f"{what}: nothing was begun", not crosspull.changed(), said)
        code, said = crosspull.run("apply", crosspull.file, "--yes", environment=without)
        check("no bus: without the option it goes on", code in (0, 4) and crosspull.changed(), said)
    finally:
        crosspull.end()
        keyring.end()


def locked():
    """A keyring that has its password, and nobody to type it."""
    keyring = Keyring("locked", unlocked=True)
    crosspull = Crosspull(keyring, "locked")
    try:
        keyring.start(unlocked=False)
        began = time.monotonic()
        code, said = crosspull.run("apply", crosspull.file, "--yes", "--keychain")
        check("locked: refused with CP-718", code == 1 and "CP-718" in said, said)
        check("locked: nothing was begun, and nobody waited", not crosspull.changed() and time.monotonic() - began < 120, said)
    finally:
        crosspull.end()
        keyring.end()


def unlocked():
    """Killed between secret and cluster update, and resumed; then one that is taken back."""
    keyring = Keyring("unlocked", unlocked=True)
    crosspull = Crosspull(keyring, "unlocked")
    try:
        crosspull.killed_at(["apply", crosspull.file, "--yes", "--keychain", "--wait", "60"], r" secret +done")
        entries = keyring.entries()
        key = crosspull.has("text-kept")[0]["key"]
        check("unlocked: one entry, named by setup and key", len(entries) == 1 and entries[0].endswith(f" {key}"), entries)
        text = keyring.text(entries[0])
        check("unlocked: it holds the key's text", len(text) > 20, "nothing")
        left = files_with(text, crosspull.folder, WORK)
        check("unlocked: no file holds the text", not left and text not in crosspull.said, left)

        code, said = crosspull.run("resume", "shop-prod", "--yes", "--confirm-nodes", "shop-prod")
        check("unlocked: the resume ends connected", code == 0 and "connected" in said, said)
        lost, reset = crosspull.has("text-lost"), [one for one in crosspull.has("intent") if one.get("key")]
        check("unlocked: with the same key, and no text lost", not lost and [one["key"] for one in reset] == [key], reset)
        check("unlocked: the entry is gone", keyring.entries() == [] and len(crosspull.has("text-dropped")) == 1, keyring.entries())
        left = files_with(text, crosspull.folder, WORK)
        check("unlocked: still no file holds the text", not left and text not in crosspull.said, left)
    finally:
        crosspull.end()
    crosspull = Crosspull(keyring, "back")
    try:
        code, said = crosspull.run("apply", crosspull.file, "--yes", "--keychain", "--wait", "0")
        check("stopped: the key and its entry stay", code == 4 and len(keyring.entries()) == 1 and not crosspull.has("key-removed"), said)
        keyring.start(unlocked=False)
        code, said = crosspull.run("resume", "shop-prod", "--yes", "--confirm-nodes", "shop-prod")
        check("locked at the resume: refused with CP-718", code == 1 and "CP-718" in said and not crosspull.has("text-lost"), said)
        keyring.start(unlocked=True)
        code, said = crosspull.run("undo", "shop-prod", "--yes")
        check("taken back: the entry is gone", code == 0 and keyring.entries() == [], f"{said}\n{keyring.entries()}")
    finally:
        crosspull.end()
        keyring.end()


if __name__ == "__main__":
    none()
    locked()
    unlocked()
