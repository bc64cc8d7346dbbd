metadata description = 'Log Analytics and Application Insights, with an end to what they keep and to what a day may bring.'

@description('The name of the workspace.')
param workspaceName string
@description('The name of the Application Insights component.')
param componentName string
@description('The region.')
param location string
@description('Tags of both.')
param tags object
@description('Days for which telemetry is kept.')
@minValue(30)
@maxValue(730)
param retentionDays int
@description('GB a day; -1 for no end.')
@minValue(-1)
param dailyCapGb int

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' = {
  name: workspaceName
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: retentionDays
    workspaceCapping: { dailyQuotaGb: dailyCapGb }
    features: { disableLocalAuth: true, enableLogAccessUsingOnlyResourcePermissions: true }
  }
}

resource component 'Microsoft.Insights/components@2020-02-02' = {
  name: componentName
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
    IngestionMode: 'LogAnalytics'
    // Whoever holds the connection string alone may not send: telemetry is evidence, too.
    DisableLocalAuth: true
  }
}

output workspaceId string = workspace.id
output componentId string = component.id
output componentName string = component.name
output connectionString string = component.properties.ConnectionString
