#!/bin/sh
# Checks drift or retrains in one environment, and keeps what came of it: pipelines/operate.sh prod drift fraud "after the move"
# The caller has signed in with az. The report is written to operate-report.json.
set -eu
environment=$1 action=$2 model=$3 reason=$4
cd "$(dirname "$0")/.."
deployment="tollgate-$environment"

output() { az deployment sub show --name "$deployment" --query "properties.outputs.$1.value" --output tsv; }
group=$(output resourceGroup)
app=$(output functionAppName)
url=$(output url)

TOLLGATE_KEY=$(az functionapp keys list --resource-group "$group" --name "$app" --query functionKeys.default --output tsv)
export TOLLGATE_KEY
npm run -s operate -- --url "$url" --action "$action" --model "$model" --reason "$reason" --out operate-report.json
