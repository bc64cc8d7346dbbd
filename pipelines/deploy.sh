#!/bin/sh
# Deploys a package to one environment of Azure and tests it there: pipelines/deploy.sh test tollgate.zip 0.1.0+1a2b3c4
# The caller has signed in with az. AZURE_LOCATION names the region, TOLLGATE_BUDGET_START the first day of the budget.
# No key is stored or printed: the one that the smoke test needs is read when it is needed, and stays in this process.
set -eu
environment=$1 package=$2 version=$3
cd "$(dirname "$0")/.."
deployment="tollgate-$environment"

az deployment sub create --name "$deployment" --location "$AZURE_LOCATION" \
  --template-file infra-bicep/main.bicep --parameters "infra-bicep/$environment.bicepparam" \
  --parameters budgetStart="$TOLLGATE_BUDGET_START" --output none

output() { az deployment sub show --name "$deployment" --query "properties.outputs.$1.value" --output tsv; }
group=$(output resourceGroup)
app=$(output functionAppName)
url=$(output url)

az functionapp deployment source config-zip --resource-group "$group" --name "$app" --src "$package" --output none
TOLLGATE_KEY=$(az functionapp keys list --resource-group "$group" --name "$app" --query functionKeys.default --output tsv)
export TOLLGATE_KEY
npm run -s smoke -- --url "$url" --expect-version "$version" >"smoke-$environment.json"
