metadata description = 'Key Vault: the one secret that the app has, and those that the bank adds.'

@description('The name of the vault.')
@minLength(3)
@maxLength(24)
param name string
@description('The region.')
param location string
@description('Tags of the vault.')
param tags object
@description('Whether it can be reached from outside the network.')
param publicAccess bool
@description('Where the app posts drift alarms to; empty for nowhere.')
@secure()
param alertWebhookUrl string
@description('Whether there is such an address: an output must not depend on a secret.')
param hasAlertWebhook bool

resource vault 'Microsoft.KeyVault/vaults@2026-02-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 90
    enablePurgeProtection: true
    publicNetworkAccess: publicAccess ? 'Enabled' : 'Disabled'
    networkAcls: { bypass: 'AzureServices', defaultAction: publicAccess ? 'Allow' : 'Deny' }
  }
}

resource webhook 'Microsoft.KeyVault/vaults/secrets@2026-02-01' = if (hasAlertWebhook) {
  parent: vault
  name: 'alert-webhook-url'
  properties: { value: alertWebhookUrl, contentType: 'text/plain' }
}

output id string = vault.id
output name string = vault.name
@description('Without a version, so that a new one is taken up by itself.')
output alertWebhookSecretUri string = hasAlertWebhook ? '${vault.properties.vaultUri}secrets/${webhook.name}' : ''
