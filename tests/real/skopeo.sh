#!/usr/bin/env bash
# skopeo gets its registry token by GET with Basic, as docker does.
. "$(dirname "$0")/common.sh"

SSL_CERT_FILE=$(sim address ca_file)
export SSL_CERT_FILE
skopeo() {
    # Its own folder for credentials: those of the person who runs this must not help.
    REGISTRY_AUTH_FILE=$WORK/auth.json command skopeo "$@"
}

read -r app secret key < <(sim app skopeo fabrikamimages fabrikamabac)
legacy=$(sim registry fabrikamimages login_server)
abac=$(sim registry fabrikamabac login_server)
other=$(sim registry fabrikamother login_server)
image=$legacy/shop/web:1.4
digest=$(sim digest fabrikamimages shop/web 1.4)

field() {
    python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"
}

is "inspects an image with the app's id and secret" "$digest" \
    "$(skopeo inspect --creds "$app:$secret" "docker://$image" | field Digest)"
is "resolves another platform from the index" arm64 \
    "$(skopeo inspect --override-arch arm64 --creds "$app:$secret" "docker://$image" | field Architecture)"
has "lists tags" 1.4 "$(skopeo list-tags --creds "$app:$secret" "docker://$legacy/shop/web")"
works "pulls the image of every platform" \
    skopeo copy --all --src-creds "$app:$secret" "docker://$image" "dir:$WORK/all"
works "pulls one platform, and turns it into an OCI layout" \
    skopeo copy --src-creds "$app:$secret" "docker://$image" "oci:$WORK/oci:web"
works "pulls from a registry of repository permissions" \
    skopeo copy --src-creds "$app:$secret" "docker://$abac/shop/web:1.4" "dir:$WORK/abac"

unauthorized='unauthorized|authentication required|invalid username/password'
refused "is refused with a wrong secret" "$unauthorized" skopeo inspect --creds "$app:wrong" "docker://$image"
refused "is refused without a secret" "$unauthorized" skopeo inspect --no-creds "docker://$image"
refused "is refused where the app has no right" "$unauthorized|denied" \
    skopeo inspect --creds "$app:$secret" "docker://$other/shop/web:1.4"
refused "is told that a tag does not exist" "manifest unknown|not found" \
    skopeo inspect --creds "$app:$secret" "docker://$legacy/shop/web:0.0"

sim admin POST /expire-key "{\"key_id\": \"$key\"}" >/dev/null
settle
refused "is refused with an expired secret" "$unauthorized" skopeo inspect --creds "$app:$secret" "docker://$image"
