metadata description = 'Cosmos DB: the registry, the lineage and the minute rollups. The app\'s data role can make none of them.'

@description('The name of the account.')
@minLength(3)
@maxLength(44)
param name string
@description('The region that is written to.')
param location string
@description('Tags of the account.')
param tags object
@description('serverless or autoscale.')
@allowed(['serverless', 'autoscale'])
param mode string
@description('A second region; empty for none. A serverless account can have only one.')
param secondRegion string
@description('Whether the regions are spread over zones; a serverless account decides by itself.')
param zoneRedundant bool
@description('The most request units a second of the rollups, with autoscale.')
@minValue(1000)
param rollupsMaxThroughput int
@description('Whether it can be reached from outside the network.')
param publicAccess bool
@description('Whether backups reach back 30 days instead of 7.')
param production bool

var serverless = mode == 'serverless'
var twoRegions = !serverless && !empty(secondRegion)
var spread = !serverless && zoneRedundant
var firstRegion = [{ locationName: location, failoverPriority: 0, isZoneRedundant: spread }]
var otherRegion = [{ locationName: secondRegion, failoverPriority: 1, isZoneRedundant: spread }]

var registryIndex = {
  indexingMode: 'consistent'
  automatic: true
  includedPaths: [{ path: '/kind/?' }, { path: '/number/?' }, { path: '/model/?' }]
  excludedPaths: [{ path: '/*' }]
  // Lists run from the newest of a kind down.
  compositeIndexes: [[{ path: '/kind', order: 'ascending' }, { path: '/number', order: 'descending' }]]
}

resource account 'Microsoft.DocumentDB/databaseAccounts@2026-03-15' = {
  name: name
  location: location
  tags: tags
  kind: 'GlobalDocumentDB'
  properties: {
    databaseAccountOfferType: 'Standard'
    locations: twoRegions ? concat(firstRegion, otherRegion) : firstRegion
    enableAutomaticFailover: twoRegions
    enableMultipleWriteLocations: false
    // With two regions the second lags by at most five minutes, so that a failover loses no more than that.
    consistencyPolicy: twoRegions
      ? { defaultConsistencyLevel: 'BoundedStaleness', maxStalenessPrefix: 100000, maxIntervalInSeconds: 300 }
      : { defaultConsistencyLevel: 'Session' }
    capabilities: serverless ? [{ name: 'EnableServerless' }] : []
    disableLocalAuth: true
    disableKeyBasedMetadataWriteAccess: true
    minimalTlsVersion: 'Tls12'
    publicNetworkAccess: publicAccess ? 'Enabled' : 'Disabled'
    networkAclBypass: 'None'
    backupPolicy: {
      type: 'Continuous'
      continuousModeProperties: { tier: production ? 'Continuous30Days' : 'Continuous7Days' }
    }
  }
}

resource database 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases@2026-03-15' = {
  parent: account
  name: 'tollgate'
  properties: { resource: { id: 'tollgate' } }
}

// Each has throughput of its own: a flood of rollups must not keep a worker from the traffic row.
resource registry 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers@2026-03-15' = {
  parent: database
  name: 'registry'
  properties: {
    resource: {
      id: 'registry'
      partitionKey: { kind: 'Hash', version: 2, paths: ['/model'] }
      indexingPolicy: registryIndex
    }
    options: serverless ? {} : { autoscaleSettings: { maxThroughput: 1000 } }
  }
}

resource lineage 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers@2026-03-15' = {
  parent: database
  name: 'lineage'
  properties: {
    resource: {
      id: 'lineage'
      partitionKey: { kind: 'Hash', version: 2, paths: ['/model'] }
      indexingPolicy: registryIndex
    }
    options: serverless ? {} : { autoscaleSettings: { maxThroughput: 1000 } }
  }
}

resource rollups 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers@2026-03-15' = {
  parent: database
  name: 'rollups'
  properties: {
    resource: {
      id: 'rollups'
      partitionKey: { kind: 'Hash', version: 2, paths: ['/shard'] }
      // 14 days in seconds.
      defaultTtl: 1209600
      // An index of the histograms would cost more than all the rest.
      indexingPolicy: {
        indexingMode: 'consistent'
        automatic: true
        includedPaths: [
          { path: '/model/?' }
          { path: '/promotionId/?' }
          { path: '/minute/?' }
          { path: '/kind/?' }
        ]
        excludedPaths: [{ path: '/*' }]
      }
    }
    options: serverless ? {} : { autoscaleSettings: { maxThroughput: rollupsMaxThroughput } }
  }
}

output id string = account.id
output name string = account.name
output endpoint string = account.properties.documentEndpoint
