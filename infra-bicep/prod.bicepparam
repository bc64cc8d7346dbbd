using 'main.bicep'

// Three zones, a second region for models and registry, private endpoints, and somebody who is woken up.
param environmentName = 'prod'
param defaultModel = 'fraud'
param alertEmails = ['tollgate-oncall@example.com']
param cosmosSecondRegion = 'northeurope'
param predictionsPartitions = 8
param eventHubsMaxUnits = 20
param maximumInstanceCount = 100
param httpAlwaysReady = 2
param durableAlwaysReady = 2
param collectAlwaysReady = 2
