metadata description = 'The identity that the app has towards every service. It outlives the app, and so do its roles.'

@description('The name of the identity.')
param name string
@description('The region.')
param location string
@description('Tags of the identity.')
param tags object

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: name
  location: location
  tags: tags
}

output id string = identity.id
output clientId string = identity.properties.clientId
output principalId string = identity.properties.principalId
