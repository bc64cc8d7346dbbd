metadata description = 'Event Hubs: every prediction and every label on its way to the log.'

@description('The name of the namespace.')
@minLength(6)
@maxLength(50)
param name string
@description('The region.')
param location string
@description('Tags of the namespace.')
param tags object
@description('Throughput units to begin with.')
@minValue(1)
@maxValue(40)
param units int
@description('Throughput units that auto-inflate may reach.')
@minValue(1)
@maxValue(40)
param maxUnits int
@description('Partitions of the hub of predictions.')
@minValue(1)
@maxValue(32)
param predictionsPartitions int
@description('Consumer groups of the hub of predictions beside $Default.')
param predictionsConsumerGroups string[]
@description('Whether it can be reached from outside the network.')
param publicAccess bool
@description('The account that events are captured into; empty for no capture.')
param captureAccountName string

var capturing = !empty(captureAccountName)
// Storage Blob Data Contributor
var blobContributor = 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'

resource eventHubs 'Microsoft.EventHub/namespaces@2024-01-01' = {
  name: name
  location: location
  tags: tags
  sku: { name: 'Standard', tier: 'Standard', capacity: units }
  // Only a capture needs one: the service then writes blobs in its own name.
  identity: { type: capturing ? 'SystemAssigned' : 'None' }
  properties: {
    isAutoInflateEnabled: maxUnits > units
    maximumThroughputUnits: maxUnits > units ? maxUnits : 0
    disableLocalAuth: true
    minimumTlsVersion: '1.2'
    publicNetworkAccess: publicAccess ? 'Enabled' : 'Disabled'
  }
}

resource captureAccount 'Microsoft.Storage/storageAccounts@2025-08-01' existing = if (capturing) {
  name: captureAccountName
}

resource mayCapture 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (capturing) {
  name: guid(eventHubs.id, captureAccount.id, blobContributor)
  scope: captureAccount
  properties: {
    principalId: capturing ? eventHubs.identity.principalId : ''
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', blobContributor)
  }
}

resource predictions 'Microsoft.EventHub/namespaces/eventhubs@2024-01-01' = {
  parent: eventHubs
  name: 'predictions'
  dependsOn: [mayCapture]
  properties: {
    partitionCount: predictionsPartitions
    // A week of the log can wait here while Blob cannot take it.
    retentionDescription: { cleanupPolicy: 'Delete', retentionTimeInHours: 168 }
    captureDescription: capturing
      ? {
          enabled: true
          encoding: 'Avro'
          intervalInSeconds: 300
          sizeLimitInBytes: 314572800
          skipEmptyArchives: true
          destination: {
            name: 'EventHubArchive.AzureBlockBlob'
            identity: { type: 'SystemAssigned' }
            properties: {
              storageAccountResourceId: captureAccount.id
              blobContainer: 'capture'
              archiveNameFormat: '{Namespace}/{EventHub}/{Year}/{Month}/{Day}/{Hour}/{PartitionId}-{Minute}-{Second}'
            }
          }
        }
      : null
  }
}

resource labels 'Microsoft.EventHub/namespaces/eventhubs@2024-01-01' = {
  parent: eventHubs
  name: 'labels'
  properties: {
    partitionCount: 2
    retentionDescription: { cleanupPolicy: 'Delete', retentionTimeInHours: 168 }
  }
}

resource readers 'Microsoft.EventHub/namespaces/eventhubs/consumergroups@2024-01-01' = [
  for reader in predictionsConsumerGroups: {
    parent: predictions
    name: reader
    properties: {}
  }
]

output id string = eventHubs.id
output name string = eventHubs.name
output host string = '${eventHubs.name}.servicebus.windows.net'
