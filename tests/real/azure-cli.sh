#!/usr/bin/env bash
# The real Azure CLI does the whole how-to by hand: register the cloud with one URL, sign in to both tenants, and from the
# app to the cluster's new credential. Then crosspull signs in as the accounts of that Azure CLI.
. "$(dirname "$0")/common.sh"

export AZURE_CONFIG_DIR=$WORK/azure AZURE_EXTENSION_DIR=$WORK/extensions
REQUESTS_CA_BUNDLE=$(sim address ca_file)
export REQUESTS_CA_BUNDLE
# The simulated login is not one of the authorities that the CLI knows to be Microsoft's.
export AZURE_CORE_INSTANCE_DISCOVERY=false
export AZURE_CORE_COLLECT_TELEMETRY=no AZURE_CORE_NO_COLOR=1 AZURE_CORE_ONLY_SHOW_ERRORS=1 AZURE_CORE_OUTPUT=tsv

contoso=$(sim tenant contoso.example id)
fabrikam=$(sim tenant fabrikam.example id)
registry=$(sim registry fabrikamimages id)
login_server=$(sim registry fabrikamimages login_server)
cluster=$(sim cluster shop-prod id)
subscription=$(cut -d/ -f3 <<<"$cluster")

sign_in() {
    az login --service-principal --tenant "$2" --output none \
        -u "$(sim operator "$1" client_id)" -p "$(sim operator "$1" client_secret)"
}

works "registers the cloud with one URL" \
    az cloud register --name simulated --endpoint-resource-manager "$(sim address resource_manager)"
works "switches to the cloud" az cloud set --name simulated
refused "is refused with a wrong secret" AADSTS7000215 \
    az login --service-principal --tenant "$contoso" -u "$(sim operator ana client_id)" -p wrong
works "signs in to the cluster's tenant" sign_in ana "$contoso"

app=$(az ad app create --display-name how-to --sign-in-audience AzureADMultipleOrgs \
    --web-redirect-uris https://www.microsoft.com --query appId)
is "registers a multitenant app with a redirect" \
    "AzureADMultipleOrgs https://www.microsoft.com" \
    "$(az ad app show --id "$app" --query '[signInAudience, web.redirectUris[0]] | join(`" "`, @)')"
home=$(az ad sp create --id "$app" --query id)
is "makes its service principal at home" "$home" "$(az ad sp show --id "$app" --query id)"
secret=$(az ad app credential reset --id "$app" --append --display-name how-to --years 1 --query password)
is "adds a secret to it" how-to "$(az ad app credential list --id "$app" --query '[].displayName')"

works "signs in to the registry's tenant as somebody who may only look" sign_in dora "$fabrikam"
refused "is refused to give a role there" AuthorizationFailed \
    az role assignment create --assignee-object-id "$home" --assignee-principal-type ServicePrincipal \
    --role AcrPull --scope "$registry"
works "signs in there as somebody who may do more" sign_in ben "$fabrikam"
away=$(az ad sp create --id "$app" --query id)
is "makes its service principal there, which is another object" yes \
    "$([ -n "$away" ] && [ "$away" != "$home" ] && echo yes)"
is "shows the registry" "$login_server" "$(az acr show --name fabrikamimages --query loginServer)"
assignment=$(az role assignment create --assignee "$app" --role AcrPull --scope "$registry" --query name)
is "gives the app AcrPull, once for the same question asked twice" "$assignment" \
    "$(az role assignment create --assignee "$app" --role AcrPull --scope "$registry" --query name)"
settle
is "lists the assignment with names" "AcrPull $app" \
    "$(az role assignment list --assignee "$app" --scope "$registry" \
        --query '[0].[roleDefinitionName, principalName] | join(`" "`, @)')"
is "signs in to the registry and is given a token" "$login_server 00000000-0000-0000-0000-000000000000" \
    "$(az acr login --name fabrikamimages --expose-token --query '[loginServer, username] | join(`" "`, @)')"
has "lists the registry's repositories" shop/web "$(az acr repository list --name fabrikamimages)"

works "goes back to the cluster's tenant" az account set --subscription "$subscription"
before=$(az aks show --resource-group shop --name shop-prod --query servicePrincipalProfile.clientId)
is "shows the cluster with its old app" yes "$([ -n "$before" ] && [ "$before" != "$app" ] && echo yes)"
refused "is refused to give the cluster a wrong secret" "AADSTS7000215|invalid" \
    az aks update-credentials --resource-group shop --name shop-prod --reset-service-principal \
    --service-principal "$app" --client-secret wrong
works "gives the cluster the app's credential" \
    az aks update-credentials --resource-group shop --name shop-prod --reset-service-principal \
    --service-principal "$app" --client-secret "$secret"
is "shows the cluster with the new app" "$app Succeeded" \
    "$(az aks show --resource-group shop --name shop-prod \
        --query '[servicePrincipalProfile.clientId, provisioningState] | join(`" "`, @)')"
works "leaves every node able to pull the image" sim pulls shop-prod fabrikamimages/shop/web:1.4

is "gives a token of a tenant" "$contoso" \
    "$(az account get-access-token --tenant "$contoso" --scope "$(sim address graph)/.default" --query tenant)"

# crosspull runs the same Azure CLI, which has an account for each tenant, and the default subscription in one of them.
cat >"$WORK/setup.toml" <<SETUP
name = "by-azure-cli"

[cluster]
id = "$(sim cluster shop-keep id)"
sign_in = "azure-cli"

[registry]
id = "$registry"
sign_in = "azure-cli"
image = "shop/web:1.4"
provision = "direct"
SETUP
tenants() {
    "$CROSSPULL" plan "$WORK/setup.toml" --json --data-dir "$WORK/data" --pace 20 \
        --resource-manager "$(sim address resource_manager)" --ca-file "$REQUESTS_CA_BUNDLE" |
        python3 -c '
import json, sys
said = [json.loads(line) for line in sys.stdin]
plan = next(one["plan"] for one in said if one["event"] == "plan")
print(plan["cluster_tenant"]["id"], plan["registry_tenant"]["id"])'
}
is "lets crosspull plan with both accounts" "$contoso $fabrikam" "$(tenants 2>&1)"
