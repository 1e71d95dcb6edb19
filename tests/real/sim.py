#!/usr/bin/env python3
"""Looks things up in the simulator's ready file, and acts on its own endpoint.

    operator NAME KEY      what the ready file says of an operator, such as its client_id;
    cluster NAME KEY       of a cluster, of a registry, of a tenant
    registry NAME KEY
    tenant DOMAIN KEY
    address KEY            an address of the ready file, such as resource_manager
    admin GET|POST PATH [JSON]
    digest REGISTRY REPOSITORY TAG
    pulls CLUSTER REGISTRY/REPOSITORY:TAG    fails unless every node of the cluster can pull the image
    app NAME REGISTRY…     a multitenant app that may pull: prints its id, secret and key's id
    unknown                fails when somebody asked for what the simulator does not know
"""

import json
import os
import ssl
import sys
import urllib.error
import urllib.parse
import urllib.request

with open(os.environ["SIM_READY"], encoding="utf-8") as file:
    READY = json.load(file)
TLS = ssl.create_default_context(cafile=READY["ca_file"])
# The simulator is on this machine, whatever proxy the environment names.
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=TLS))


def send(method, url, body=None, token=None, form=None):
    headers = {}
    data = None
    if form is not None:
        data = urllib.parse.urlencode(form).encode()
    elif body is not None:
        data = json.dumps(body).encode()
        headers["Content-Type"] = "application/json"
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    request = urllib.request.Request(url, data=data, headers=headers, method=method)
    try:
        with OPENER.open(request, timeout=120) as response:
            text = response.read()
    except urllib.error.HTTPError as error:
        sys.exit(f"{method} {url}: {error.code} {error.read().decode(errors='replace')}")
    return json.loads(text) if text else None


def admin(method, path, body=None):
    return send(method, READY["admin"] + path, body)


def find(kind, key, value):
    for tenant in READY["tenants"]:
        for one in [tenant] if kind == "tenants" else tenant[kind]:
            if one[key] == value:
                return one
    sys.exit(f"{kind}: there is no {value}")


def settle():
    """Ends every lag, so that no test waits for one."""
    admin("POST", "/clock", {"advance_seconds": 60})


def app(name, *registries):
    """What the cluster's admin, the registry's admin and the registry's owner do, in short."""
    ana = find("operators", "name", "ana")
    home = next(tenant for tenant in READY["tenants"] if ana in tenant["operators"])
    graph = READY["graph"]
    token = send(
        "POST",
        f"{READY['login']}/{home['id']}/oauth2/v2.0/token",
        form={
            "grant_type": "client_credentials",
            "client_id": ana["client_id"],
            "client_secret": ana["client_secret"],
            "scope": f"{graph}/.default",
        },
    )["access_token"]
    made = send(
        "POST",
        f"{graph}/v1.0/applications",
        {"displayName": name, "signInAudience": "AzureADMultipleOrgs"},
        token,
    )
    settle()
    key = send(
        "POST",
        f"{graph}/v1.0/applications/{made['id']}/addPassword",
        {"passwordCredential": {"displayName": name}},
        token,
    )
    settle()
    for registry in registries:
        owner = next(one for one in READY["tenants"] if find("registries", "name", registry) in one["registries"])
        admin("POST", "/consent", {"tenant": owner["domain"], "app_id": made["appId"]})
        admin("POST", "/role", {"registry": registry, "app_id": made["appId"]})
    settle()
    print(made["appId"], key["secretText"], key["keyId"])


def digest(registry, repository, tag):
    for one in admin("GET", "/world")["registries"]:
        if one["name"] == registry:
            print(one["repositories"][repository][tag])


def pulls(cluster, image):
    nodes = [node for node in admin("GET", "/nodes") if node["cluster"] == cluster]
    unable = [node["node"] for node in nodes if not node["can_pull"].get(image)]
    if unable or not nodes:
        sys.exit(f"{len(unable)} of {len(nodes)} nodes cannot pull {image}: {', '.join(unable)}")


def unknown():
    asked = admin("GET", "/unknown")
    for one in asked:
        print(one["method"], one["url"], one["status"], file=sys.stderr)
    sys.exit(1 if asked else 0)


def main(command, *rest):
    kinds = {"operator": "operators", "cluster": "clusters", "registry": "registries"}
    if command == "tenant":
        print(find("tenants", "domain", rest[0])[rest[1]])
    elif command in kinds:
        print(find(kinds[command], "name", rest[0])[rest[1]])
    elif command == "address":
        print(READY[rest[0]])
    elif command == "admin":
        print(json.dumps(admin(rest[0], rest[1], json.loads(rest[2]) if len(rest) > 2 else None)))
    elif command in ("app", "digest", "pulls", "unknown"):
        globals()[command](*rest)
    else:
        sys.exit(__doc__)


main(*sys.argv[1:])
