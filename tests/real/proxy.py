#!/usr/bin/env python3
"""squid, as offices have it, between crosspull and a simulator whose name only squid knows.

Three ports of one squid: one lets everybody through to the simulator, one wants a name and a password, one opens the
connections and shows certificates of its own authority. Prints one line a check and adds it to TALLY, as the shell scripts
beside it do. CROSSPULL names the binary, WORK a folder of its own, SIM_READY another simulator, on localhost.
"""

import json, os, shutil, socket, subprocess, sys, tempfile, time

from checks import check
from simulator import Simulator, named, service_principal, setup

BINARY, WORK, LOCAL_READY = (os.environ[name] for name in ("CROSSPULL", "WORK", "SIM_READY"))
# No real service has a name in .test.
NAME = "azure.test"
REGISTRY = f"fabrikamimages.{NAME}"
PASSWORD = "Hunter22-of-the-office"
PATIENCE = 120


def until(find, what, process):
    """Asks until something is there, as long as the process lives that makes it."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        if found := find():
            return found
        time.sleep(0.05)
    sys.exit(f"waited in vain for {what}")


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def write(path, text):
    with open(path, "w") as file:
        file.write(text)
    return path


class Squid:
    def __init__(self, simulator_ca):
        # Not below WORK: as root, squid works as a user who may not read there.
        self.folder = tempfile.mkdtemp(prefix="crosspull-squid.")
        at = lambda name: os.path.join(self.folder, name)
        self.ca, self.log = at("office-ca.pem"), at("access.log")
        run(
            "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", at("office-ca.key"),
            "-out", self.ca, "-subj", "/O=Contoso/CN=Office Inspection CA", "-addext", "basicConstraints=critical,CA:TRUE",
        )
        write(at("passwords"), f"ana:{run('openssl', 'passwd', '-apr1', PASSWORD)}")
        write(at("hosts"), f"127.0.0.1 {NAME} {REGISTRY}\n")
        shutil.copy(simulator_ca, at("simulator-ca.pem"))
        run("/usr/lib/squid/security_file_certgen", "-c", "-s", at("certificates"), "-M", "4MB")
        self.open, self.login, self.inspecting = self.free_ports(3)
        config = write(at("squid.conf"), f"""
http_port 127.0.0.1:{self.open} name=open
http_port 127.0.0.1:{self.login} name=login
http_port 127.0.0.1:{self.inspecting} name=inspecting ssl-bump generate-host-certificates=on tls-cert={self.ca} tls-key={at("office-ca.key")}
sslcrtd_program /usr/lib/squid/security_file_certgen -s {at("certificates")} -M 4MB
sslcrtd_children 2
tls_outgoing_options cafile={at("simulator-ca.pem")}
auth_param basic program /usr/lib/squid/basic_ncsa_auth {at("passwords")}
auth_param basic children 1
auth_param basic realm office
acl at_login myportname login
acl at_inspecting myportname inspecting
acl signed_in proxy_auth REQUIRED
acl simulator dstdomain .{NAME}
http_access deny !simulator
http_access deny at_login !signed_in
http_access allow simulator
ssl_bump bump at_inspecting
ssl_bump none all
hosts_file {at("hosts")}
dns_timeout 3 seconds
access_log stdio:{self.log}
cache_log {at("cache.log")}
cache deny all
pid_filename none
shutdown_lifetime 0 seconds
coredump_dir {self.folder}
visible_hostname office
""")
        if os.getuid() == 0:
            for path, folders, files in os.walk(self.folder):
                for name in [".", *folders, *files]:
                    shutil.chown(os.path.join(path, name), "proxy")
        self.process = subprocess.Popen(
            ["squid", "--foreground", "-f", config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until(lambda: all(self.listens(port) for port in (self.open, self.login, self.inspecting)), "squid", self.process)

    def free_ports(self, count):
        held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
        ports = [one.getsockname()[1] for one in held]
        for one in held:
            one.close()
        return ports

    def listens(self, port):
        with socket.socket() as one:
            return one.connect_ex(("127.0.0.1", port)) == 0

    def logged(self, *awaited):
        """The lines of its log about requests since the last time that it was asked.

        squid writes a line when it has seen a connection end, which may be after the program that made it: what is awaited
        is waited for.
        """
        lines, end = [], time.monotonic() + PATIENCE
        with open(self.log) as file:
            file.seek(getattr(self, "read", 0))
            while True:
                lines += file.readlines()
                if all(any(one in line for line in lines) for one in awaited) or time.monotonic() > end:
                    break
                time.sleep(0.05)
            self.read = file.tell()
        return "".join(line for line in lines if "CONNECT" in line or "https://" in line)

    def rest(self):
        """What it has logged by the time that it logs a request of this function's own, which it refuses."""
        self.asked = getattr(self, "asked", 0) + 1
        own = f"CONNECT last-{self.asked}.test:"
        with socket.create_connection(("127.0.0.1", self.open)) as one:
            one.sendall(f"{own}443 HTTP/1.1\r\n\r\n".encode())
            one.recv(1)
        *lines, last = self.logged(own).splitlines()
        assert own in last, "squid logs what it is asked"
        return "\n".join(lines)

    def stop(self):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder)


class Crosspull:
    def __init__(self, ready, name):
        self.ready, self.folder = ready, os.path.join(WORK, name)
        os.mkdir(self.folder)
        ana, ben = (named(ready, "operators", name) for name in ("ana", "ben"))
        self.secrets = {"ANA_SECRET": ana["client_secret"], "BEN_SECRET": ben["client_secret"]}
        sign_ins = service_principal(ana, "ANA_SECRET"), service_principal(ben, "BEN_SECRET")
        self.file = write(os.path.join(self.folder, "setup.toml"), setup(ready, *sign_ins))

    def run(self, *command, proxy=None, ca=None, manager=None, **variables):
        """Its exit code, and all that it said and logged."""
        environment = {"PATH": os.environ["PATH"], "HOME": self.folder, **self.secrets, **variables}
        if proxy:
            environment["HTTPS_PROXY"] = proxy
        log = os.path.join(self.folder, "log.txt")
        arguments = [
            BINARY, *command, "--data-dir", self.folder, "--resource-manager", manager or self.ready["resource_manager"],
            "--pace", "50", "--verbose", "--log", log,
        ]
        if ca:
            arguments += ["--ca-file", ca]
        done = subprocess.run(
            arguments, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, timeout=PATIENCE,
        )
        with open(log) as file:
            self.logged = file.read()
        return done.returncode, " ".join(done.stdout.split())

    def plan(self, **how):
        return self.run("plan", self.file, **how)


def main():
    simulator, squid = Simulator(WORK, "--host-name", NAME), None
    try:
        squid = Squid(simulator.ready["ca_file"])
        checks(simulator, squid)
    finally:
        if squid:
            squid.stop()
        simulator.end()


def checks(simulator, squid):
    ready = simulator.ready
    crosspull, simulator_ca = Crosspull(ready, "apply"), ready["ca_file"]
    at = lambda port, who="": f"http://{who}127.0.0.1:{port}"
    open_proxy = at(squid.open)

    code, said = crosspull.plan(proxy=open_proxy, ca=simulator_ca, NO_PROXY=NAME)
    check("NO_PROXY: the proxy is not asked", code == 5 and "CP-701" in said and squid.rest() == "", said)

    code, said = crosspull.run("apply", crosspull.file, "--yes", proxy=open_proxy, ca=simulator_ca)
    check("a whole setup goes through the proxy", code == 0, said)
    tunnels = [f"CONNECT {one}:" for one in (NAME, REGISTRY)]
    seen = squid.logged(*tunnels)
    check("the proxy has seen Azure and the registry", all(one in seen for one in tunnels), seen)
    pull, why = simulator.ask("pulls", "shop-prod", "fabrikamimages/shop/web:1.4")
    check("and every node can pull", pull, why)

    crosspull = Crosspull(ready, "plan")
    code, said = crosspull.plan(proxy=at(squid.login, f"ana:{PASSWORD}@"), ca=simulator_ca)
    seen = squid.logged(" ana ")
    check("goes through a proxy with name and password", code == 0 and " ana " in seen, said + seen)
    hidden = PASSWORD not in said + crosspull.logged
    code, said = crosspull.plan(proxy=at(squid.login), ca=simulator_ca)
    wants = "wants a name and a password (by Basic)"
    check("is told where a proxy wants them", code == 5 and "CP-709" in said and wants in said, said)
    code, said = crosspull.plan(proxy=at(squid.login, f"ana:not-{PASSWORD}@"), ca=simulator_ca)
    check("is told where it does not take them", code == 5 and "CP-709" in said and "does not take" in said, said)
    check("the password is shown nowhere", hidden and PASSWORD not in said + crosspull.logged, said)
    code, said = crosspull.plan(proxy=open_proxy, ca=simulator_ca, manager="https://elsewhere.test")
    check("is told which host a proxy refuses", code == 5 and "CP-710" in said and "`elsewhere.test`" in said, said)
    code, said = crosspull.plan(proxy=open_proxy, ca=simulator_ca, manager=f"https://gone.{NAME}")
    check("is told where a proxy finds no way", code == 5 and "CP-711" in said, said)
    code, said = crosspull.plan(proxy=at(squid.free_ports(1)[0]), ca=simulator_ca)
    check("is told where no proxy is", code == 5 and "CP-712" in said and "(HTTPS_PROXY)" in said, said)
    code, said = crosspull.plan(proxy=ready["pages"], ca=simulator_ca)
    check("is told where something else answers", code == 5 and "CP-713" in said, said)

    squid.rest()
    with open(LOCAL_READY) as file:
        local = json.load(file)
    here = Crosspull(local, "localhost")
    code, said = here.plan(proxy=open_proxy, ca=local["ca_file"])
    check("what is on this machine is reached without it", code == 0 and squid.rest() == "", said)

    inspecting = at(squid.inspecting)
    code, said = crosspull.plan(proxy=inspecting, ca=simulator_ca)
    issuer = 'issued by "Office Inspection CA (Contoso)"'
    check("refuses a proxy that opens connections", code == 5 and "CP-702" in said and issuer in said, said)
    squid.rest()
    code, said = crosspull.plan(proxy=inspecting, ca=squid.ca)
    opened = f"GET https://{NAME}:"
    seen = squid.logged(opened)
    check("trusts it with --ca-file", code == 0 and opened in seen, said + seen)
    code, said = crosspull.plan(proxy=inspecting, SSL_CERT_FILE=squid.ca)
    check("and with SSL_CERT_FILE, on Linux", code == 0, said)


main()
