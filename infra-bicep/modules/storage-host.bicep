metadata description = 'The storage of the Functions host and of Durable: leases, checkpoints, histories, and the package.'

@description('The name of the account.')
@minLength(3)
@maxLength(24)
param name string
@description('The region.')
param location string
@description('Tags of the account.')
param tags object
@description('Whether it is spread over zones.')
param production bool
@description('Whether it can be reached from outside the network.')
param publicAccess bool

resource account 'Microsoft.Storage/storageAccounts@2025-08-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  // Not geo-redundant: after the loss of a region the host starts anew elsewhere, and its state is made again.
  sku: { name: production ? 'Standard_ZRS' : 'Standard_LRS' }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowSharedKeyAccess: false
    allowCrossTenantReplication: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: publicAccess ? 'Enabled' : 'Disabled'
    networkAcls: { bypass: 'None', defaultAction: publicAccess ? 'Allow' : 'Deny' }
  }
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2025-08-01' = {
  parent: account
  name: 'default'
  properties: {
    deleteRetentionPolicy: { enabled: true, days: 7 }
    containerDeleteRetentionPolicy: { enabled: true, days: 7 }
  }
}

// Flex Consumption refuses a deployment where its container does not exist yet.
resource package 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-08-01' = {
  parent: blobs
  name: 'app-package'
  properties: { publicAccess: 'None' }
}

output id string = account.id
output name string = account.name
output packageContainer string = package.name
