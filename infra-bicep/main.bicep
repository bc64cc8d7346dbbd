metadata name = 'Tollgate'
metadata description = 'Everything that one environment of Tollgate needs, in a resource group of its own.'

targetScope = 'subscription'

// ---- what it is called and where it lies

@description('The environment. It is part of every name, and decides how storage is replicated.')
@allowed(['dev', 'test', 'prod'])
param environmentName string

@description('The region of every resource. Flex Consumption and Node 24 must exist there: az functionapp list-flexconsumption-runtimes.')
param location string = deployment().location

@description('The beginning of every name, in lower-case letters and digits.')
@minLength(3)
@maxLength(9)
param workload string = 'tollgate'

@description('The resource group, which is made.')
@minLength(1)
@maxLength(90)
param resourceGroupName string = 'rg-${workload}-${environmentName}'

@description('Put on every resource beside those that this file sets.')
param tags object = {}

// ---- the app's own settings

@description('The model that POST /api/score uses.')
@minLength(1)
@maxLength(63)
param defaultModel string

@description('strict: a prediction that cannot be put on record is answered 503; lenient: it is given out with a warning.')
@allowed(['strict', 'lenient'])
param predictionLog string = 'strict'

@description('When drift is assessed, as NCRONTAB in UTC.')
param driftSchedule string = '0 0 6 * * *'

@description('When the past hour of predictions becomes a histogram, as NCRONTAB in UTC.')
param summariseSchedule string = '0 5 * * * *'

@description('When every model is trained anew, as NCRONTAB in UTC.')
param retrainSchedule string = '0 0 5 * * 1'

@description('Whether a drift alarm starts a retrain.')
param retrainOnDrift bool = true

@description('The promotion plan of a version that a retrain has made; empty for the one of the model\'s folder.')
param retrainPlan object = {}

@description('Where the app itself posts drift alarms to. Kept in Key Vault; empty for nowhere.')
@secure()
param alertWebhookUrl string = ''

@description('The shape of what the app posts to alertWebhookUrl.')
@allowed(['cloudevents', 'slack', 'teams', 'pagerduty'])
param alertFormat string = 'cloudevents'

@description('Where run events are also posted to; empty for nowhere.')
param openLineageUrl string = ''

@description('keys: callers have function keys; entra: callers have tokens of this tenant, for entraAudience.')
@allowed(['keys', 'entra'])
param authMode string = 'keys'

@description('The client id of the app registration that tokens are for, which authMode entra needs.')
param entraAudience string = ''

@description('Further app settings by name.')
param extraAppSettings object = {}

@description('An OpenTelemetry collector that telemetry also goes to; empty for none.')
param otlpEndpoint string = ''

@description('The share of traces without a failure that telemetry keeps, above 0 and at most 1.')
param telemetrySampleRatio string = '0.05'

@description('What the app logs at least.')
@allowed(['debug', 'info', 'warn', 'error'])
param logLevel string = 'info'

// ---- how large it is

@description('Memory of one instance in MB: 512 has a quarter of a core, 2048 one, 4096 two. A model computes on one core.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 2048

@description('Instances that always wait for scoring requests. Without any, the first request after a pause waits for a start.')
@minValue(0)
@maxValue(100)
param httpAlwaysReady int = environmentName == 'prod' ? 2 : 0

@description('Instances that always wait for orchestrations; with none, a promotion looks at its gates with a delay.')
@minValue(0)
@maxValue(20)
param durableAlwaysReady int = environmentName == 'prod' ? 2 : 1

@description('Instances that always wait for the prediction log. Under steady traffic they cost less than instances on demand.')
@minValue(0)
@maxValue(20)
param collectAlwaysReady int = 0

@description('The most instances of the app. It bounds the bill, and what a flood can do to the services behind.')
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('Requests that one instance answers at a time before another is added.')
@minValue(1)
@maxValue(1000)
param httpConcurrency int = 32

@description('Whether instances are spread over availability zones. Every group of always-ready instances then needs two.')
param zoneRedundant bool = environmentName == 'prod'

@description('serverless: paid by request, one region. autoscale: paid by the hour, and may have a second region.')
@allowed(['serverless', 'autoscale'])
param cosmosMode string = environmentName == 'dev' ? 'serverless' : 'autoscale'

@description('The most request units a second of the rollups, with autoscale; a tenth of it is the least that is paid for.')
@minValue(1000)
@maxValue(100000)
param rollupsMaxThroughput int = 4000

@description('A second region of the registry, with autoscale only; empty for none.')
param cosmosSecondRegion string = ''

@description('Throughput units that Event Hubs starts with; one takes 1,000 events or 1 MB a second.')
@minValue(1)
@maxValue(40)
param eventHubsUnits int = 1

@description('Throughput units that auto-inflate may reach.')
@minValue(1)
@maxValue(40)
param eventHubsMaxUnits int = 10

@description('Partitions of the hub of predictions. Cannot be changed later.')
@minValue(1)
@maxValue(32)
param predictionsPartitions int = 4

@description('Consumer groups for the bank\'s own readers of the hub of predictions. The app has $Default to itself.')
param predictionsConsumerGroups string[] = []

@description('Whether Event Hubs also writes every event into the container capture, as Avro.')
param captureEvents bool = false

// ---- how long data is kept

@description('Days after which predictions, labels and shadows are deleted. A supervisor or an auditor decides, not the disk.')
@minValue(30)
@maxValue(3650)
param predictionsRetentionDays int = environmentName == 'prod' ? 2555 : 90

@description('Days for which deleted and overwritten blobs can be had back.')
@minValue(1)
@maxValue(365)
param softDeleteDays int = environmentName == 'prod' ? 30 : 7

@description('Days for which telemetry is kept.')
@minValue(30)
@maxValue(730)
param logRetentionDays int = environmentName == 'prod' ? 90 : 30

@description('Telemetry of a day in GB; what is above is dropped, and an alert says so. -1 for no end.')
@minValue(-1)
param logDailyCapGb int = environmentName == 'prod' ? 20 : 1

// ---- who may reach it

@description('Whether storage, Cosmos DB, Event Hubs and Key Vault are reached by private endpoints only.')
param privateNetworking bool = environmentName == 'prod'

@description('The address space of the network, with privateNetworking. The first /26 is the app\'s, the second the endpoints\'.')
param addressPrefix string = '10.60.0.0/24'

@description('Whether callers outside the network reach the app. Where they do not, an availability test cannot either.')
param publicHttp bool = true

@description('Address ranges that may call the app from outside, as CIDR; empty for all.')
param allowedCallers string[] = []

@description('The object id of a group whose members may read models, predictions and the registry; empty for none.')
param readersGroupId string = ''

@description('The object id of a group, or of a pipeline\'s identity, that may write them: for recovery and for a first model; empty for none.')
param operatorsGroupId string = ''

@description('Whether operatorsGroupId is a group or a service principal.')
@allowed(['Group', 'ServicePrincipal', 'User'])
param operatorsType string = 'Group'

// ---- who is told, and what it may cost

@description('Mail addresses that alerts go to.')
param alertEmails string[]

@description('A webhook that alerts of Azure Monitor go to, in the common alert schema; empty for none.')
@secure()
param alertActionWebhook string = ''

@description('Whether alerts are on. Off until the first version serves, an empty app would page.')
param alertsEnabled bool = true

@description('Where the availability test asks from: ids of Application Insights.')
@minLength(1)
@maxLength(16)
param availabilityLocations string[] = [
  'emea-nl-ams-azr'
  'emea-gb-db3-azr'
  'emea-fr-pra-edge'
  'emea-se-sto-edge'
  'emea-ru-msa-edge'
]

@description('What a month may cost, in the currency of the subscription.')
@minValue(1)
param monthlyBudget int = environmentName == 'prod' ? 1500 : 200

@description('The first day of the month from which the budget counts. Keep the first deployment\'s value when deploying again later.')
param budgetStart string = utcNow('yyyy-MM-01')

var allTags = union(tags, { workload: workload, environment: environmentName })
var suffix = take(uniqueString(subscription().id, resourceGroupName, location), 6)
var base = '${workload}-${environmentName}'
var compact = '${workload}${environmentName}'
var hasSecondRegion = cosmosMode == 'autoscale' && !empty(cosmosSecondRegion)

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: resourceGroupName
  location: location
  tags: allTags
}

module identity 'modules/identity.bicep' = {
  name: 'identity'
  scope: group
  params: { name: 'id-${base}', location: location, tags: allTags }
}

module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring'
  scope: group
  params: {
    workspaceName: 'log-${base}'
    componentName: 'appi-${base}'
    location: location
    tags: allTags
    retentionDays: logRetentionDays
    dailyCapGb: logDailyCapGb
  }
}

module network 'modules/network.bicep' = if (privateNetworking) {
  name: 'network'
  scope: group
  params: { name: 'vnet-${base}', location: location, tags: allTags, addressPrefix: addressPrefix }
}

module hostStorage 'modules/storage-host.bicep' = {
  name: 'storage-host'
  scope: group
  params: {
    name: 'st${compact}h${suffix}'
    location: location
    tags: allTags
    production: environmentName == 'prod'
    publicAccess: !privateNetworking
  }
}

module dataStorage 'modules/storage-data.bicep' = {
  name: 'storage-data'
  scope: group
  params: {
    name: 'st${compact}d${suffix}'
    location: location
    tags: allTags
    production: environmentName == 'prod'
    publicAccess: !privateNetworking
    predictionsRetentionDays: predictionsRetentionDays
    softDeleteDays: softDeleteDays
    withCapture: captureEvents
  }
}

module cosmos 'modules/cosmos.bicep' = {
  name: 'cosmos'
  scope: group
  params: {
    name: 'cosmos-${base}-${suffix}'
    location: location
    tags: allTags
    mode: cosmosMode
    secondRegion: hasSecondRegion ? cosmosSecondRegion : ''
    zoneRedundant: zoneRedundant
    rollupsMaxThroughput: rollupsMaxThroughput
    publicAccess: !privateNetworking
    production: environmentName == 'prod'
  }
}

module eventHubs 'modules/event-hubs.bicep' = {
  name: 'event-hubs'
  scope: group
  params: {
    name: 'evhns-${base}-${suffix}'
    location: location
    tags: allTags
    units: eventHubsUnits
    maxUnits: eventHubsMaxUnits
    predictionsPartitions: predictionsPartitions
    predictionsConsumerGroups: predictionsConsumerGroups
    publicAccess: !privateNetworking
    captureAccountName: captureEvents ? dataStorage.outputs.name : ''
  }
}

module keyVault 'modules/key-vault.bicep' = {
  name: 'key-vault'
  scope: group
  params: {
    name: take('kv-${environmentName}-${suffix}-${workload}', 24)
    location: location
    tags: allTags
    publicAccess: !privateNetworking
    alertWebhookUrl: alertWebhookUrl
    hasAlertWebhook: !empty(alertWebhookUrl)
  }
}

module roles 'modules/roles.bicep' = {
  name: 'roles'
  scope: group
  params: {
    principalId: identity.outputs.principalId
    hostStorageName: hostStorage.outputs.name
    dataStorageName: dataStorage.outputs.name
    cosmosName: cosmos.outputs.name
    eventHubsName: eventHubs.outputs.name
    keyVaultName: keyVault.outputs.name
    componentName: monitoring.outputs.componentName
    readersGroupId: readersGroupId
    operatorsGroupId: operatorsGroupId
    operatorsType: operatorsType
  }
}

module endpoints 'modules/private-endpoints.bicep' = if (privateNetworking) {
  name: 'private-endpoints'
  scope: group
  params: {
    location: location
    tags: allTags
    networkId: network!.outputs.networkId
    subnetId: network!.outputs.endpointsSubnetId
    services: concat(
      [
        { name: 'host-blob', resourceId: hostStorage.outputs.id, groupId: 'blob' }
        { name: 'host-queue', resourceId: hostStorage.outputs.id, groupId: 'queue' }
        { name: 'host-table', resourceId: hostStorage.outputs.id, groupId: 'table' }
        { name: 'data-blob', resourceId: dataStorage.outputs.id, groupId: 'blob' }
        { name: 'cosmos', resourceId: cosmos.outputs.id, groupId: 'Sql' }
        { name: 'event-hubs', resourceId: eventHubs.outputs.id, groupId: 'namespace' }
        { name: 'key-vault', resourceId: keyVault.outputs.id, groupId: 'vault' }
      ],
      publicHttp ? [] : [{ name: 'app', resourceId: app.outputs.id, groupId: 'sites' }]
    )
  }
}

module app 'modules/function-app.bicep' = {
  name: 'function-app'
  scope: group
  // The app's identity must be allowed in before the host starts.
  dependsOn: [roles]
  params: {
    name: 'func-${base}-${suffix}'
    planName: 'plan-${base}'
    location: location
    tags: union(allTags, { 'azd-service-name': 'app' })
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    hostStorageName: hostStorage.outputs.name
    packageContainer: hostStorage.outputs.packageContainer
    dataStorageName: dataStorage.outputs.name
    cosmosEndpoint: cosmos.outputs.endpoint
    eventHubsHost: eventHubs.outputs.host
    insightsConnection: monitoring.outputs.connectionString
    alertWebhookSecretUri: keyVault.outputs.alertWebhookSecretUri
    settings: {
      DEFAULT_MODEL: defaultModel
      PREDICTION_LOG: predictionLog
      DRIFT_SCHEDULE: driftSchedule
      SUMMARISE_SCHEDULE: summariseSchedule
      RETRAIN_SCHEDULE: retrainSchedule
      RETRAIN_PLAN: empty(retrainPlan) ? '' : string(retrainPlan)
      RETRAIN_ON_DRIFT: toLower(string(retrainOnDrift))
      ALERT_FORMAT: alertFormat
      OPENLINEAGE_URL: openLineageUrl
      OTEL_EXPORTER_OTLP_ENDPOINT: otlpEndpoint
      TELEMETRY_SAMPLE_RATIO: telemetrySampleRatio
      AUTH_MODE: authMode
      ENTRA_TENANT_ID: tenant().tenantId
      ENTRA_AUDIENCE: entraAudience
      ENTRA_AUTHORITY: environment().authentication.loginEndpoint
      LOG_LEVEL: logLevel
    }
    extraSettings: extraAppSettings
    instanceMemoryMB: instanceMemoryMB
    httpAlwaysReady: httpAlwaysReady
    durableAlwaysReady: durableAlwaysReady
    collectAlwaysReady: collectAlwaysReady
    maximumInstanceCount: maximumInstanceCount
    httpConcurrency: httpConcurrency
    zoneRedundant: zoneRedundant
    subnetId: privateNetworking ? network!.outputs.appSubnetId : ''
    publicHttp: publicHttp
    allowedCallers: allowedCallers
  }
}

module diagnostics 'modules/diagnostics.bicep' = {
  name: 'diagnostics'
  scope: group
  params: {
    workspaceId: monitoring.outputs.workspaceId
    appName: app.outputs.name
    hostStorageName: hostStorage.outputs.name
    dataStorageName: dataStorage.outputs.name
    cosmosName: cosmos.outputs.name
    eventHubsName: eventHubs.outputs.name
    keyVaultName: keyVault.outputs.name
  }
}

module actions 'modules/action-group.bicep' = {
  name: 'action-group'
  scope: group
  params: {
    name: 'ag-${base}'
    shortName: take(workload, 12)
    tags: allTags
    emails: alertEmails
    webhook: alertActionWebhook
  }
}

module alerts 'modules/alerts.bicep' = {
  name: 'alerts'
  scope: group
  params: {
    prefix: base
    location: location
    tags: allTags
    enabled: alertsEnabled
    workspaceId: monitoring.outputs.workspaceId
    actionGroupId: actions.outputs.id
  }
}

module availability 'modules/availability.bicep' = {
  name: 'availability'
  scope: group
  params: {
    prefix: base
    location: location
    tags: allTags
    enabled: alertsEnabled
    public: publicHttp
    workspaceId: monitoring.outputs.workspaceId
    componentId: monitoring.outputs.componentId
    actionGroupId: actions.outputs.id
    readyUrl: 'https://${app.outputs.hostName}/api/health/ready'
    locations: availabilityLocations
  }
}

module budget 'modules/budget.bicep' = {
  name: 'budget'
  scope: group
  params: {
    name: 'budget-${base}'
    amount: monthlyBudget
    startDate: budgetStart
    emails: alertEmails
    actionGroupId: actions.outputs.id
  }
}

@description('Where callers send their requests to.')
output url string = 'https://${app.outputs.hostName}'
@description('The resource group of the environment.')
output resourceGroup string = group.name
@description('The name that a deployment of the package needs.')
output functionAppName string = app.outputs.name
@description('The client id of the app\'s identity, for AZURE_CLIENT_ID.')
output AZURE_CLIENT_ID string = identity.outputs.clientId
@description('The account of models, data sets, predictions and reports, for STORAGE_ACCOUNT_NAME.')
output STORAGE_ACCOUNT_NAME string = dataStorage.outputs.name
@description('The account of the registry, for COSMOS_ENDPOINT.')
output COSMOS_ENDPOINT string = cosmos.outputs.endpoint
@description('The namespace of the hubs.')
output EVENTHUBS_CONNECTION__fullyQualifiedNamespace string = eventHubs.outputs.host
@description('The workspace that the queries of infra-bicep/queries run in.')
output workspaceId string = monitoring.outputs.workspaceId
@description('The action group, for alerts of the bank\'s own.')
output actionGroupId string = actions.outputs.id
