using 'main.bicep'

// What azd provision takes: it knows the environment's name and region, and the rest has defaults.
param environmentName = readEnvironmentVariable('TOLLGATE_ENVIRONMENT', 'dev')
param location = readEnvironmentVariable('AZURE_LOCATION')
param resourceGroupName = 'rg-${readEnvironmentVariable('AZURE_ENV_NAME')}'
// By this tag azd finds the group again when it deploys.
param tags = { 'azd-env-name': readEnvironmentVariable('AZURE_ENV_NAME') }
param defaultModel = 'fraud'
param alertEmails = [readEnvironmentVariable('TOLLGATE_ALERT_EMAIL')]
param alertsEnabled = bool(readEnvironmentVariable('TOLLGATE_ALERTS', 'false'))
