metadata description = 'A private address for each service, and the names that lead to it.'

@description('One endpoint: its name, the resource behind it, and which part of the resource.')
type service = {
  name: string
  resourceId: string
  groupId: string
}

@description('The region.')
param location string
@description('Tags of the endpoints.')
param tags object
@description('The network whose members resolve the names.')
param networkId string
@description('The subnet of the endpoints.')
param subnetId string
@description('What gets an endpoint.')
param services service[]

var zoneNames = {
  blob: 'privatelink.blob.${environment().suffixes.storage}'
  queue: 'privatelink.queue.${environment().suffixes.storage}'
  table: 'privatelink.table.${environment().suffixes.storage}'
  Sql: 'privatelink.documents.azure.com'
  namespace: 'privatelink.servicebus.windows.net'
  vault: 'privatelink.vaultcore.azure.net'
  sites: 'privatelink.azurewebsites.net'
}
var groupIds = union(map(services, entry => entry.groupId), [])

resource zones 'Microsoft.Network/privateDnsZones@2024-06-01' = [
  for groupId in groupIds: {
    name: zoneNames[groupId]
    location: 'global'
    tags: tags
  }
]

resource links 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [
  for (groupId, index) in groupIds: {
    parent: zones[index]
    name: 'network'
    location: 'global'
    tags: tags
    properties: { virtualNetwork: { id: networkId }, registrationEnabled: false }
  }
]

resource endpoints 'Microsoft.Network/privateEndpoints@2025-05-01' = [
  for entry in services: {
    name: 'pe-${entry.name}'
    location: location
    tags: tags
    properties: {
      subnet: { id: subnetId }
      privateLinkServiceConnections: [
        {
          name: entry.name
          properties: { privateLinkServiceId: entry.resourceId, groupIds: [entry.groupId] }
        }
      ]
    }
  }
]

resource names 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2025-05-01' = [
  for (entry, index) in services: {
    parent: endpoints[index]
    name: 'default'
    dependsOn: [links]
    properties: {
      privateDnsZoneConfigs: [
        { name: entry.groupId, properties: { privateDnsZoneId: zones[indexOf(groupIds, entry.groupId)].id } }
      ]
    }
  }
]
