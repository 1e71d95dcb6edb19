"""A simulator of a script's own, and setups in what a simulator pretends."""

import json, os, subprocess, sys

from checks import until

BINARY = os.environ["CROSSPULL"]


class Simulator:
    """One whose waits pass fast: crosspull takes a `Retry-After` of 0 seconds for what it is, as the Azure CLI does not."""

    def __init__(self, folder, *arguments, speed=200):
        self.file = os.path.join(folder, "simulator.json")
        self.process = subprocess.Popen(
            [BINARY, "simulate", "--speed", str(speed), "--data-dir", folder, "--ready-file", self.file, *arguments],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        until(lambda: os.path.exists(self.file) or self.process.poll() is not None, "the simulator")
        with open(self.file) as file:
            self.ready = json.load(file)

    def ask(self, *words):
        """What sim.py says to these words: whether it went well, and its output."""
        command = [sys.executable, os.path.join(os.path.dirname(os.path.abspath(__file__)), "sim.py"), *words]
        environment = {**os.environ, "SIM_READY": self.file}
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return done.returncode == 0, done.stdout

    def end(self):
        self.process.terminate()
        self.process.wait()


def named(ready, kind, name):
    return next(one for tenant in ready["tenants"] for one in tenant[kind] if one["name"] == name)


def service_principal(operator, variable):
    """How an operator signs in whose secret is in a variable."""
    return f'sign_in = "service-principal"\nclient_id = "{operator["client_id"]}"\nclient_secret_env = "{variable}"\n'


def setup(ready, cluster_sign_in, registry_sign_in):
    """The text of a setup of the default scenario, with these lines on who signs in."""
    return f"""
name = "shop-prod"
[cluster]
tenant = "contoso.example"
id = "{named(ready, "clusters", "shop-prod")["id"]}"
{cluster_sign_in}
[registry]
tenant = "fabrikam.example"
id = "{named(ready, "registries", "fabrikamimages")["id"]}"
image = "shop/web:1.4"
provision = "direct"
{registry_sign_in}
[options]
confirm_node_replacement = true
"""
