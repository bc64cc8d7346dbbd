metadata description = 'The app: Node 24 on a Flex Consumption plan, with no secret in its settings.'

@description('The name of the app, and the beginning of its address.')
@minLength(2)
@maxLength(60)
param name string
@description('The name of its plan: Flex Consumption takes one app a plan.')
param planName string
@description('The region.')
param location string
@description('Tags of the app.')
param tags object
@description('The resource id of the app\'s identity.')
param identityId string
@description('The client id of the app\'s identity.')
param identityClientId string
@description('The account of the host and of Durable.')
param hostStorageName string
@description('The container that the package is deployed into.')
param packageContainer string
@description('The account of models and predictions.')
param dataStorageName string
@description('The address of the Cosmos account.')
param cosmosEndpoint string
@description('The fully qualified name of the namespace of Event Hubs.')
param eventHubsHost string
@description('Where telemetry goes to. No secret: sending takes the identity, too.')
param insightsConnection string
@description('The secret that holds where drift alarms are posted to; empty for none.')
param alertWebhookSecretUri string
@description('The app\'s own settings. Empty ones are left out, as the app takes an empty one for absent.')
param settings object
@description('Further settings, which win over the others.')
param extraSettings object
@description('Memory of one instance.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int
@description('Instances that always wait for HTTP requests.')
@minValue(0)
param httpAlwaysReady int
@description('Instances that always wait for orchestrations.')
@minValue(0)
param durableAlwaysReady int
@description('Instances that always wait for the hub of predictions.')
@minValue(0)
param collectAlwaysReady int
@description('The most instances.')
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int
@description('Requests that an instance answers at a time.')
@minValue(1)
@maxValue(1000)
param httpConcurrency int
@description('Whether instances are spread over zones.')
param zoneRedundant bool
@description('The subnet that the app calls its services from; empty for none.')
param subnetId string
@description('Whether callers outside the network reach the app.')
param publicHttp bool
@description('Address ranges that may call from outside; empty for all.')
param allowedCallers string[]

var hostStorageSuffix = environment().suffixes.storage

// Never here: what Flex Consumption refuses (FUNCTIONS_WORKER_RUNTIME, WEBSITE_RUN_FROM_PACKAGE and their like), and
// connection strings with keys, which no account of this deployment would accept.
var ownSettings = {
  AzureWebJobsStorage__blobServiceUri: 'https://${hostStorageName}.blob.${hostStorageSuffix}'
  AzureWebJobsStorage__queueServiceUri: 'https://${hostStorageName}.queue.${hostStorageSuffix}'
  AzureWebJobsStorage__tableServiceUri: 'https://${hostStorageName}.table.${hostStorageSuffix}'
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identityClientId
  AZURE_CLIENT_ID: identityClientId
  STORAGE_ACCOUNT_NAME: dataStorageName
  COSMOS_ENDPOINT: cosmosEndpoint
  EVENTHUBS_CONNECTION__fullyQualifiedNamespace: eventHubsHost
  EVENTHUBS_CONNECTION__credential: 'managedidentity'
  EVENTHUBS_CONNECTION__clientId: identityClientId
  APPLICATIONINSIGHTS_CONNECTION_STRING: insightsConnection
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
  ALERT_WEBHOOK_URL: empty(alertWebhookSecretUri) ? '' : '@Microsoft.KeyVault(SecretUri=${alertWebhookSecretUri})'
}
var givenSettings = filter(items(union(ownSettings, settings, extraSettings)), entry => !empty(entry.value))

var groups = [
  { name: 'http', instanceCount: httpAlwaysReady }
  { name: 'durable', instanceCount: durableAlwaysReady }
  { name: 'function:collect', instanceCount: collectAlwaysReady }
]

var callerRules = [
  for (range, index) in allowedCallers: {
    name: 'caller-${index}'
    priority: 100 + index
    action: 'Allow'
    ipAddress: range
  }
]
var availabilityRule = {
  name: 'availability-test'
  priority: 500
  action: 'Allow'
  tag: 'ServiceTag'
  ipAddress: 'ApplicationInsightsAvailability'
}

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: { reserved: true, zoneRedundant: zoneRedundant }
}

resource app 'Microsoft.Web/sites@2025-03-01' = {
  name: name
  location: location
  tags: tags
  kind: 'functionapp,linux'
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${identityId}': {} } }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    keyVaultReferenceIdentity: identityId
    publicNetworkAccess: publicHttp ? 'Enabled' : 'Disabled'
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    siteConfig: {
      minTlsVersion: '1.2'
      http20Enabled: true
      appSettings: map(givenSettings, entry => { name: entry.key, value: entry.value })
      ipSecurityRestrictionsDefaultAction: empty(allowedCallers) ? 'Allow' : 'Deny'
      ipSecurityRestrictions: empty(allowedCallers) ? [] : concat(callerRules, [availabilityRule])
    }
    functionAppConfig: {
      runtime: { name: 'node', version: '24' }
      deployment: {
        storage: {
          type: 'blobContainer'
          value: 'https://${hostStorageName}.blob.${hostStorageSuffix}/${packageContainer}'
          authentication: { type: 'UserAssignedIdentity', userAssignedIdentityResourceId: identityId }
        }
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
        alwaysReady: filter(groups, entry => entry.instanceCount > 0)
        triggers: { http: { perInstanceConcurrency: httpConcurrency } }
      }
    }
  }
}

// Passwords for uploads: the package comes by the pipeline's own identity.
resource noPasswords 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2025-03-01' = [
  for policy in ['ftp', 'scm']: {
    parent: app
    name: policy
    properties: { allow: false }
  }
]

output id string = app.id
output name string = app.name
output hostName string = app.properties.defaultHostName
