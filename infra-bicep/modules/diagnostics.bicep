metadata description = 'What the services themselves report. Logs that grow with traffic are left to the app\'s own telemetry.'

@description('The workspace that it goes to.')
param workspaceId string
@description('The function app.')
param appName string
@description('The account of the host.')
param hostStorageName string
@description('The account of models and predictions.')
param dataStorageName string
@description('The Cosmos account.')
param cosmosName string
@description('The namespace of Event Hubs.')
param eventHubsName string
@description('The vault.')
param keyVaultName string

resource app 'Microsoft.Web/sites@2025-03-01' existing = { name: appName }
resource hostStorage 'Microsoft.Storage/storageAccounts@2025-08-01' existing = { name: hostStorageName }
resource dataStorage 'Microsoft.Storage/storageAccounts@2025-08-01' existing = { name: dataStorageName }
resource dataBlobs 'Microsoft.Storage/storageAccounts/blobServices@2025-08-01' existing = {
  parent: dataStorage
  name: 'default'
}
resource cosmos 'Microsoft.DocumentDB/databaseAccounts@2026-03-15' existing = { name: cosmosName }
resource eventHubs 'Microsoft.EventHub/namespaces@2024-01-01' existing = { name: eventHubsName }
resource vault 'Microsoft.KeyVault/vaults@2026-02-01' existing = { name: keyVaultName }

// Its log lines arrive by Application Insights already; a second copy would double the largest item of the bill.
resource ofApp 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: app
  properties: { workspaceId: workspaceId, metrics: [{ category: 'AllMetrics', enabled: true }] }
}

resource ofHostStorage 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: hostStorage
  properties: { workspaceId: workspaceId, metrics: [{ category: 'Transaction', enabled: true }] }
}

// Who deletes a model or a prediction leaves a trace; reads and appends are as many as the traffic.
resource ofDataBlobs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: dataBlobs
  properties: {
    workspaceId: workspaceId
    logs: [{ category: 'StorageDelete', enabled: true }]
    metrics: [{ category: 'Transaction', enabled: true }]
  }
}

resource ofCosmos 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: cosmos
  properties: {
    workspaceId: workspaceId
    logAnalyticsDestinationType: 'Dedicated'
    logs: [{ category: 'ControlPlaneRequests', enabled: true }]
    metrics: [{ category: 'Requests', enabled: true }]
  }
}

resource ofEventHubs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: eventHubs
  properties: {
    workspaceId: workspaceId
    logs: [
      { category: 'OperationalLogs', enabled: true }
      { category: 'AutoScaleLogs', enabled: true }
    ]
    metrics: [{ category: 'AllMetrics', enabled: true }]
  }
}

resource ofVault 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: vault
  properties: {
    workspaceId: workspaceId
    logs: [{ category: 'AuditEvent', enabled: true }]
    metrics: [{ category: 'AllMetrics', enabled: true }]
  }
}
