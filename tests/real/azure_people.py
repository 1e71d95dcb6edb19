"""A simulator, the accounts of people in the real Azure CLI, stand-ins for that, and crosspull beside them."""

import json, os, shutil, subprocess, threading

from person import Person, sign_in
from simulator import BINARY, Simulator, setup
from terminal import Terminal

WORK = os.environ["WORK"]
AZ = shutil.which("az")
CONTOSO, FABRIKAM = "contoso.example", "fabrikam.example"
ANA, BEN, GAIL = f"ana@{CONTOSO}", f"ben@{FABRIKAM}", f"gail@{CONTOSO}"
# A program's secret in the environment, under a name that a setup gives.
SECRET = "BEN_SECRET"


def at(*names):
    return os.path.join(WORK, *names)


def write(path, text, mode=0o644):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)
    os.chmod(path, mode)
    return path


def read(path):
    if not os.path.exists(path):
        return ""
    with open(path) as file:
        return file.read()


class Azure(Simulator):
    """A simulator slow enough for the Azure CLI, which takes a `Retry-After` of 0 for its own half minute."""

    def __init__(self):
        super().__init__(WORK, speed=20)

    def second_factor(self, wanted):
        for tenant in (CONTOSO, FABRIKAM):
            self.ask("admin", "POST", "/sign-in-policy", json.dumps({"tenant": tenant, "mfa_for_writes": wanted}))


class Accounts:
    """A folder of accounts of the Azure CLI."""

    def __init__(self, simulator, name, like=None):
        self.simulator, self.folder = simulator, at("azure", name)
        self.environment = {
            "AZURE_CONFIG_DIR": self.folder,
            "AZURE_EXTENSION_DIR": at("extensions"),
            "REQUESTS_CA_BUNDLE": simulator.ready["ca_file"],
            # The simulated login is not one of the authorities that the CLI knows to be Microsoft's.
            "AZURE_CORE_INSTANCE_DISCOVERY": "false",
            "AZURE_CORE_COLLECT_TELEMETRY": "no",
            "AZURE_CORE_NO_COLOR": "1",
        }
        if like:
            shutil.copytree(like.folder, self.folder)
            return
        self.az("cloud", "register", "--name", "simulated", "--endpoint-resource-manager", simulator.ready["resource_manager"])
        self.az("cloud", "set", "--name", "simulated")

    def az(self, *words):
        subprocess.run(
            [AZ, *words], env={**os.environ, **self.environment}, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=True, text=True,
        )

    def sign_in(self, user, words):
        """Somebody runs an `az login` of these words, and types its code elsewhere."""
        command = [AZ, *words[1:], "--use-device-code", "--output", "none"]
        code, said = sign_in(command, {**os.environ, **self.environment}, Person(user))
        if code != 0:
            raise SystemExit(f"{user} cannot sign in: {said}")

    def login(self, user, tenant):
        self.sign_in(user, ["az", "login", "--tenant", tenant, "--allow-no-subscriptions"])


def prepared(simulator):
    """Those who sign in side by side are on different machines."""
    nobody = Accounts(simulator, "nobody")
    gail, ana, both = (Accounts(simulator, name, like=nobody) for name in ("gail", "ana", "both"))
    late = []

    def one_person():
        for tenant in (CONTOSO, FABRIKAM):
            gail.login(GAIL, tenant)

    def two_people():
        ana.login(ANA, CONTOSO)
        shutil.rmtree(both.folder)
        shutil.copytree(ana.folder, both.folder)
        both.login(BEN, FABRIKAM)

    def guarded(work):
        try:
            work()
        except BaseException as error:
            late.append(error)

    threads = [threading.Thread(target=guarded, args=[work]) for work in (one_person, two_people)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if late:
        raise SystemExit(f"not everybody could sign in: {late}")
    return nobody, gail, ana, both


RECORDED = os.path.join(WORK, "asked")


def recorder():
    """An az that notes how it was started: its arguments, the names in its environment, and where its keys come from."""
    script = f"""#!/bin/sh
{{
    echo "stdin $(readlink /proc/$$/fd/0)"
    echo "arguments $*"
    env | sed -n 's/^\\([A-Za-z_][A-Za-z0-9_]*\\)=.*/name \\1/p'
}} >>'{RECORDED}'
exec '{AZ}' "$@"
"""
    write(at("recorder", "az"), script, 0o755)
    return at("recorder") + ":" + os.environ["PATH"]


STARTED = os.path.join(WORK, "started")


def hanging():
    """An az that waits for a child of its own, and both for ever."""
    script = f"""#!/bin/sh
sleep 86400 &
echo "$$ $!" >>'{STARTED}'
wait
"""
    write(at("hanging", "az"), script, 0o755)
    return at("hanging") + ":" + os.environ["PATH"]


def alive(pid):
    # A zombie has ended; only nobody has asked how.
    state = read(f"/proc/{pid}/stat").rpartition(")")[2].split()
    return bool(state) and state[0] != "Z"


class Crosspull:
    def __init__(self, simulator, accounts, path, name):
        self.simulator, self.accounts, self.path, self.name = simulator, accounts, path, name
        self.secrets = {"AZURE_CLIENT_SECRET": "not-for-others"}
        self.options = [
            "--data-dir", at("data", name), "--resource-manager", simulator.ready["resource_manager"],
            "--ca-file", simulator.ready["ca_file"], "--pace", "20",
        ]

    def environment(self):
        return {**self.accounts.environment, **self.secrets, "HOME": at("home")}

    def setup(self, registry_side='sign_in = "azure-cli"'):
        text = setup(self.simulator.ready, 'sign_in = "azure-cli"', registry_side)
        return write(at("setups", self.name + ".toml"), text)

    def run(self, *words):
        done = subprocess.run(
            [BINARY, *words, *self.options], env={**self.environment(), "PATH": self.path}, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300,
        )
        return done.returncode, " ".join(done.stdout.split())

    def wizard(self, size=(80, 24)):
        # tmux itself has to be found.
        command = ["/usr/bin/env", f"PATH={self.path}", BINARY, *self.options]
        wizard = Terminal(command, self.environment(), set_clipboard="on", size=size)
        wizard.wait("a new setup")
        wizard.press("Enter")
        return wizard
