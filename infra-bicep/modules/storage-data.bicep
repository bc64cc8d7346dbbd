metadata description = 'The storage of models, data sets, predictions, labels and reports: what an auditor asks for.'

@description('The name of the account.')
@minLength(3)
@maxLength(24)
param name string
@description('The region.')
param location string
@description('Tags of the account.')
param tags object
@description('Whether it is kept in three zones and a second region.')
param production bool
@description('Whether it can be reached from outside the network.')
param publicAccess bool
@description('Days after which predictions, labels and shadows are deleted.')
@minValue(30)
param predictionsRetentionDays int
@description('Days for which deleted and overwritten blobs can be had back.')
@minValue(1)
@maxValue(365)
param softDeleteDays int
@description('Whether there is a container for the capture of Event Hubs.')
param withCapture bool

// What shared/azure/layout.ts calls BLOB_CONTAINERS: the app's own role makes none.
var containers = [
  'models'
  'datasets'
  'predictions'
  'shadows'
  'predictions-spill'
  'labels'
  'labels-spill'
  'dead-letter'
  'histograms'
  'reports'
]

resource account 'Microsoft.Storage/storageAccounts@2025-08-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: production ? 'Standard_GZRS' : 'Standard_LRS' }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowSharedKeyAccess: false
    allowCrossTenantReplication: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: publicAccess ? 'Enabled' : 'Disabled'
    networkAcls: {
      // Event Hubs writes its capture from outside the network.
      bypass: withCapture ? 'AzureServices' : 'None'
      defaultAction: publicAccess ? 'Allow' : 'Deny'
    }
  }
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2025-08-01' = {
  parent: account
  name: 'default'
  properties: {
    isVersioningEnabled: true
    deleteRetentionPolicy: { enabled: true, days: softDeleteDays }
    containerDeleteRetentionPolicy: { enabled: true, days: softDeleteDays }
  }
}

resource container 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-08-01' = [
  for containerName in concat(containers, withCapture ? ['capture'] : []): {
    parent: blobs
    name: containerName
    properties: { publicAccess: 'None' }
  }
]

// The log is append blobs, which a rule can delete but not move to a cheaper tier. Models, data sets, reports and dead
// letters stay until somebody deletes them.
resource lifecycle 'Microsoft.Storage/storageAccounts/managementPolicies@2025-08-01' = {
  parent: account
  name: 'default'
  dependsOn: [blobs]
  properties: {
    policy: {
      rules: [
        {
          name: 'delete-old-predictions'
          enabled: true
          type: 'Lifecycle'
          definition: {
            filters: {
              blobTypes: ['appendBlob', 'blockBlob']
              prefixMatch: concat(
                ['predictions/', 'labels/', 'shadows/', 'histograms/'],
                withCapture ? ['capture/'] : []
              )
            }
            actions: { baseBlob: { delete: { daysAfterModificationGreaterThan: predictionsRetentionDays } } }
          }
        }
        {
          name: 'delete-old-versions'
          enabled: true
          type: 'Lifecycle'
          definition: {
            filters: { blobTypes: ['blockBlob', 'appendBlob'] }
            actions: { version: { delete: { daysAfterCreationGreaterThan: softDeleteDays } } }
          }
        }
      ]
    }
  }
}

output id string = account.id
output name string = account.name
