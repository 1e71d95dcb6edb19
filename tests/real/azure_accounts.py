#!/usr/bin/env python3
"""crosspull with the accounts of a real Azure CLI, each of its states leading to the right screen.

People sign in to the Azure CLI with device codes, on the pages of a simulator of this script's own. CROSSPULL names the
binary, WORK a folder of its own.
"""

import json, os, re, shlex, shutil, subprocess, sys, threading, time

from checks import check, until
from person import Person, sign_in
from terminal import Terminal

BINARY, WORK = os.environ["CROSSPULL"], os.environ["WORK"]
AZ = shutil.which("az")
CONTOSO, FABRIKAM = "contoso.example", "fabrikam.example"
ANA, BEN, GAIL = f"ana@{CONTOSO}", f"ben@{FABRIKAM}", f"gail@{CONTOSO}"
# A secret of somebody's in the environment, under a name that the setup below gives.
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


class Simulator:
    def __init__(self):
        ready = at("ready.json")
        # Fast, but slow enough that `Retry-After` stays a second: the Azure CLI takes 0 for its own half minute.
        self.process = subprocess.Popen(
            [BINARY, "simulate", "--speed", "20", "--ready-file", ready],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        until(lambda: os.path.exists(ready), "the simulator")
        self.ready = json.loads(read(ready))
        self.environment = {**os.environ, "SIM_READY": ready}

    def ask(self, *words):
        command = [sys.executable, os.path.join(os.path.dirname(__file__), "sim.py"), *words]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True)
        return done.returncode, (done.stdout + done.stderr).strip()

    def id_of(self, kind, name):
        return self.ask(kind, name, "id")[1]

    def second_factor(self, wanted):
        for tenant in (CONTOSO, FABRIKAM):
            self.ask("admin", "POST", "/sign-in-policy", json.dumps({"tenant": tenant, "mfa_for_writes": wanted}))

    def stop(self):
        self.process.terminate()
        self.process.wait()


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
        self.options = [
            "--data-dir", at("data", name), "--resource-manager", simulator.ready["resource_manager"],
            "--ca-file", simulator.ready["ca_file"], "--pace", "20",
        ]

    def environment(self):
        secret = self.simulator.ask("operator", "ben", "client_secret")[1]
        return {**self.accounts.environment, "HOME": at("home"), SECRET: secret, "AZURE_CLIENT_SECRET": secret}

    def setup(self, cluster, cluster_side="", registry_side='sign_in = "azure-cli"'):
        return write(at("setups", self.name + ".toml"), f"""
name = "{self.name}"
[cluster]
id = "{self.simulator.id_of("cluster", cluster)}"
sign_in = "azure-cli"
[registry]
id = "{self.simulator.id_of("registry", "fabrikamimages")}"
tenant = "{FABRIKAM}"
image = "shop/web:1.4"
provision = "direct"
{registry_side}
[options]
confirm_node_replacement = true
""")

    def run(self, *words):
        done = subprocess.run(
            [BINARY, *words, *self.options], env={**self.environment(), "PATH": self.path}, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120,
        )
        return done.returncode, " ".join(done.stdout.split())

    def wizard(self, size=(80, 24)):
        # tmux itself has to be found.
        command = ["/usr/bin/env", f"PATH={self.path}", BINARY, *self.options]
        wizard = Terminal(command, self.environment(), set_clipboard="on", size=size)
        wizard.wait("a new setup")
        wizard.press("Enter")
        return wizard


def type_in(wizard, words):
    wizard.call("send-keys", "-t", "w", "-l", words)


def answer(wizard, question, words):
    wizard.wait(question)
    # Before the accounts are known, the list has not settled.
    until(lambda: "Looking for accounts" not in wizard.screen(), "the accounts")
    type_in(wizard, words)
    wizard.press("Enter")


def choose(wizard, words):
    """Takes a way to sign in, past what was typed before."""
    wizard.wait("Who signs in there")
    wizard.press("C-u")
    type_in(wizard, words)
    until(lambda: f"> {words}" in wizard.screen(), words)
    wizard.press("Enter")


def refused(wizard, code, *words):
    """The screen that says why a sign-in came to nothing, in 80 columns."""
    seen = " ".join(wizard.wait(code).split())
    return all(part in seen for part in words), wizard.screen()


def hang(simulator, nobody):
    """Begun first, since it takes as long as the deadlines are."""
    wizard = Crosspull(simulator, nobody, hanging(), "hanging").wizard()
    wizard.wait("Which company's cluster")
    type_in(wizard, CONTOSO)
    wizard.press("Enter")
    wizard.wait("Who signs in there")
    wizard.wait("with a code")
    check("az hangs: other ways are offered meanwhile", "in the browser" in wizard.screen(), wizard.screen())
    return wizard


def hung(wizard):
    answer(wizard, "Who signs in there", "the Azure CLI")
    check("az hangs: CP-208, once its time is over", *refused(wizard, "CP-208", "does not answer"))
    started = [int(pid) for line in read(STARTED).splitlines() for pid in line.split()]
    left = [pid for pid in started if alive(pid)]
    check("az hangs: it was begun, and nothing of it is left", len(started) >= 4 and not left, f"{started} {left}")
    choose(wizard, "with a code")
    wizard.wait("devicelogin")
    check("az hangs: another way is open", True)


def not_installed(simulator, nobody):
    os.makedirs(at("empty"), exist_ok=True)
    crosspull = Crosspull(simulator, nobody, at("empty"), "not-installed")
    code, said = crosspull.run("plan", crosspull.setup("shop-prod"))
    check("no az: crosspull plan says CP-205", code == 5 and "CP-205" in said, said)
    wizard = crosspull.wizard()
    try:
        answer(wizard, "Which company's cluster", CONTOSO)
        wizard.wait("with a code")
        first, way = (wizard.screen().find(words) for words in ("with a code", "the Azure CLI"))
        check("no az: other ways are offered first", 0 < first < way, wizard.screen())
        answer(wizard, "Who signs in there", "the Azure CLI")
        check("no az: CP-205 on the screen", *refused(wizard, "CP-205", "The Azure CLI is not there"))
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
    code, said = crosspull.run("plan", crosspull.setup("shop-prod"))
    right = code == 5 and "CP-206" in said and "az login --tenant" in said
    check("nobody is signed in: crosspull plan says CP-206", right, said)
    wizard = crosspull.wizard()
    try:
        answer(wizard, "Which company's cluster", CONTOSO)
        answer(wizard, "Who signs in there", "the Azure CLI")
        words = ("Nobody is signed in to the Azure CLI", "az login --tenant")
        check("nobody is signed in: CP-206 on the screen", *refused(wizard, "CP-206", *words))
        crosspull.accounts.login(ANA, CONTOSO)
        wizard.press("Enter")
        screen = wizard.wait("In which subscription")
        check("nobody is signed in: after az login the same key gets in", ANA in screen, screen)
    finally:
        wizard.end()


def wrong_tenant(simulator, ana):
    crosspull = Crosspull(simulator, ana, recorder(), "wrong-tenant")
    code, said = crosspull.run("plan", crosspull.setup("shop-prod"))
    check("signed in elsewhere: crosspull plan says CP-201", code == 5 and "CP-201" in said and "AADSTS50020" in said, said)
    wizard = crosspull.wizard()
    try:
        answer(wizard, "Which company's cluster", FABRIKAM)
        wizard.wait("Who signs in there")
        check("signed in elsewhere: the account is not offered here", ANA not in wizard.screen(), wizard.screen())
        answer(wizard, "Who signs in there", "the Azure CLI")
        words = ("AADSTS50020", ANA, "is neither a member nor a guest")
        check("signed in elsewhere: CP-201 on the screen", *refused(wizard, "CP-201", *words))
    finally:
        wizard.end()


def one_each(simulator, both):
    """Ben signed in last, so that his subscription is the default one."""
    crosspull = Crosspull(simulator, both, recorder(), "one-each")
    wizard = crosspull.wizard()
    try:
        screen = wizard.wait(f"signed in: {ANA}")
        check("one each: both tenants are offered, each with its account", f"signed in: {BEN}" in screen, screen)
        to_registry(wizard, simulator, "shop-prod", ANA, BEN)
        screen = wizard.wait("Which image")
        check("one each: each side has its own account", ANA in screen and BEN in screen, screen)
    finally:
        wizard.end()
    code, said = crosspull.run("plan", crosspull.setup("shop-prod"))
    check("one each: crosspull plan works with both", code == 0, said)
    # Now the default is the other one's, and the registry's side is a program's.
    both.az("account", "set", "--subscription", simulator.id_of("cluster", "shop-prod").split("/")[2])
    code, said = crosspull.run("plan", crosspull.setup("shop-prod"))
    check("one each: whichever is the default", code == 0, said)
    program = f'sign_in = "service-principal"\nclient_id = "{simulator.ask("operator", "ben", "client_id")[1]}"\n'
    program += f'client_secret_env = "{SECRET}"'
    code, said = crosspull.run("plan", crosspull.setup("shop-prod", program))
    check("one each: beside a program on the other side", code == 0, said)


def to_registry(wizard, simulator, cluster, first, second):
    """By the ids of what is to be connected, with the accounts that are offered first."""
    sides = (("cluster", cluster, first), ("registry", "fabrikamimages", second))
    for side, name, account in sides:
        answer(wizard, f"Which company's {side}", simulator.id_of(side, name))
        wizard.wait("Who signs in there")
        screen = wizard.wait(f"> {account}")
        check(f"the {side}'s side is offered {account}", "Azure CLI" in screen, screen)
        wizard.press("Enter")
        wizard.wait(f"Which {side}?")
        wizard.wait(f"> {name}")
        wizard.press("Enter")


def one_for_both(simulator, gail):
    crosspull = Crosspull(simulator, gail, recorder(), "one-for-both")
    code, said = crosspull.run("apply", crosspull.setup("shop-prod"), "--yes")
    check("one for both: crosspull apply goes to the end", code == 0, said)
    code, said = simulator.ask("pulls", "shop-prod", "fabrikamimages/shop/web:1.4")
    check("one for both: every node can pull", code == 0, said)


def one_more_proof(simulator, gail):
    crosspull = Crosspull(simulator, gail, recorder(), "one-more-proof")
    simulator.second_factor(True)
    wizard = crosspull.wizard(size=(100, 40))
    try:
        to_registry(wizard, simulator, "shop-vnet", GAIL, GAIL)
        answer(wizard, "Which image", "shop/web")
        answer(wizard, "Which tag", "1.4")
        screen = wizard.wait("Start: do these")
        check("one more proof: reading works, and a plan is made with her name", screen.count(GAIL) == 2, screen)
        wizard.start_run()
        signed_in = []
        for _ in range(2):
            screen = wizard.wait("CP-223")
            wizard.press("c")
            command = shlex.split(until(lambda: wizard.call("show-buffer"), "the command"))
            wizard.call("delete-buffer")
            signed_in.append(command)
            gail.sign_in(GAIL, command)
            wizard.press("r")
            until(lambda: "CP-223" not in wizard.screen(), "the failure to go")
        print(signed_in)
    finally:
        print(wizard.screen())
        wizard.end()
        simulator.second_factor(False)


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


def main():
    simulator = Simulator()
    slow = None
    try:
        began = time.monotonic()
        nobody, gail, ana, both = prepared(simulator)
        slow = hang(simulator, nobody)
        print(f"  ({time.monotonic() - began:.0f} s for signing in)", flush=True)
        for part, accounts in (
            (not_installed, nobody), (not_signed_in, nobody), (wrong_tenant, ana), (one_each, both), (one_for_both, gail),
            (one_more_proof, gail),
        ):
            began = time.monotonic()
            part(simulator, accounts)
            print(f"  ({time.monotonic() - began:.0f} s)", part.__name__, flush=True)
        hung(slow)
        kept_apart()
        code, said = simulator.ask("unknown")
        check("nobody asked the simulator for what it does not know", code == 0, said)
    finally:
        if slow:
            slow.end()
        simulator.stop()


try:
    main()
except SystemExit as late:
    check("the accounts of the Azure CLI", False, late)
