metadata description = 'Who may do what, and no more. Each assignment is named by what it assigns, so that deploying again changes nothing.'

@description('The object id of the app\'s identity.')
param principalId string
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
@description('The Application Insights component.')
param componentName string
@description('A group that may read; empty for none.')
param readersGroupId string
@description('A group or a service principal that may write; empty for none.')
param operatorsGroupId string
@description('What operatorsGroupId is.')
@allowed(['Group', 'ServicePrincipal', 'User'])
param operatorsType string

// Built-in roles by their ids, which are the same in every tenant.
var roleIds = {
  blobOwner: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
  blobContributor: 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'
  blobReader: '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1'
  queueContributor: '974c5e8b-45b9-4653-ba55-5f855dd0fb88'
  tableContributor: '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
  eventHubsSender: '2b629674-e913-4c01-ae53-ef4638d8f975'
  eventHubsReceiver: 'a638d3c7-ab3a-418d-83e6-5f17a39d4fde'
  secretsUser: '4633458b-17de-408a-b874-0445c86b69e6'
  metricsPublisher: '3913510d-42f4-4e42-8a64-420c390055eb'
}
var cosmosReader = '00000000-0000-0000-0000-000000000001'
var cosmosContributor = '00000000-0000-0000-0000-000000000002'
// The app writes to its own database only.
var cosmosScope = '${cosmos.id}/dbs/tollgate'

resource hostStorage 'Microsoft.Storage/storageAccounts@2025-08-01' existing = { name: hostStorageName }
resource dataStorage 'Microsoft.Storage/storageAccounts@2025-08-01' existing = { name: dataStorageName }
resource cosmos 'Microsoft.DocumentDB/databaseAccounts@2026-03-15' existing = { name: cosmosName }
resource eventHubs 'Microsoft.EventHub/namespaces@2024-01-01' existing = { name: eventHubsName }
resource vault 'Microsoft.KeyVault/vaults@2026-02-01' existing = { name: keyVaultName }
resource component 'Microsoft.Insights/components@2020-02-02' existing = { name: componentName }

// The host takes leases and Durable keeps its histories: Owner on blobs is what the host asks for.
resource onHostStorage 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in [roleIds.blobOwner, roleIds.queueContributor, roleIds.tableContributor]: {
    name: guid(hostStorage.id, principalId, role)
    scope: hostStorage
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
    }
  }
]

resource onDataStorage 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(dataStorage.id, principalId, roleIds.blobContributor)
  scope: dataStorage
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.blobContributor)
  }
}

resource onEventHubs 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in [roleIds.eventHubsSender, roleIds.eventHubsReceiver]: {
    name: guid(eventHubs.id, principalId, role)
    scope: eventHubs
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
    }
  }
]

resource onVault 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, principalId, roleIds.secretsUser)
  scope: vault
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.secretsUser)
  }
}

resource onComponent 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(component.id, principalId, roleIds.metricsPublisher)
  scope: component
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.metricsPublisher)
  }
}

// Data roles of Cosmos DB are its own resources, not role assignments of Azure.
resource onCosmos 'Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments@2026-03-15' = {
  parent: cosmos
  name: guid(cosmos.id, principalId, cosmosContributor)
  properties: {
    principalId: principalId
    roleDefinitionId: '${cosmos.id}/sqlRoleDefinitions/${cosmosContributor}'
    scope: cosmosScope
  }
}

resource readersOnData 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(readersGroupId)) {
  name: guid(dataStorage.id, readersGroupId, roleIds.blobReader)
  scope: dataStorage
  properties: {
    principalId: readersGroupId
    principalType: 'Group'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.blobReader)
  }
}

resource readersOnCosmos 'Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments@2026-03-15' = if (!empty(readersGroupId)) {
  parent: cosmos
  name: guid(cosmos.id, readersGroupId, cosmosReader)
  properties: {
    principalId: readersGroupId
    roleDefinitionId: '${cosmos.id}/sqlRoleDefinitions/${cosmosReader}'
    scope: cosmosScope
  }
}

resource operatorsOnData 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(operatorsGroupId)) {
  name: guid(dataStorage.id, operatorsGroupId, roleIds.blobContributor)
  scope: dataStorage
  properties: {
    principalId: operatorsGroupId
    principalType: operatorsType
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.blobContributor)
  }
}

resource operatorsOnCosmos 'Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments@2026-03-15' = if (!empty(operatorsGroupId)) {
  parent: cosmos
  name: guid(cosmos.id, operatorsGroupId, cosmosContributor)
  properties: {
    principalId: operatorsGroupId
    roleDefinitionId: '${cosmos.id}/sqlRoleDefinitions/${cosmosContributor}'
    scope: cosmosScope
  }
}
