metadata description = 'Whether a score could be had: asked from outside, or, where no outside exists, told by whoever probes within the network.'

@description('The beginning of every name.')
param prefix string
@description('The region.')
param location string
@description('Tags of both.')
param tags object
@description('Whether the alert is on.')
param enabled bool
@description('Whether callers outside the network reach the app.')
param public bool
@description('The workspace that is queried where they do not.')
param workspaceId string
@description('The Application Insights component.')
param componentId string
@description('Who is told.')
param actionGroupId string
@description('The address that answers 200 once the first score would succeed.')
param readyUrl string
@description('Where it is asked from.')
param locations string[]

var testName = '${prefix}-ready'

resource test 'Microsoft.Insights/webtests@2022-06-15' = if (public) {
  name: testName
  location: location
  // The portal finds the test's component by this tag.
  tags: union(tags, { 'hidden-link:${componentId}': 'Resource' })
  kind: 'standard'
  properties: {
    SyntheticMonitorId: testName
    Name: testName
    Kind: 'standard'
    Enabled: true
    // Every place asks every five minutes, in seconds; five places make one request a minute.
    Frequency: 300
    Timeout: 30
    RetryEnabled: true
    Locations: [for place in locations: { Id: place }]
    Request: { RequestUrl: readyUrl, HttpVerb: 'GET', ParseDependentRequests: false, FollowRedirects: false }
    ValidationRules: { ExpectedHttpStatusCode: 200, SSLCheck: true, SSLCertRemainingLifetimeCheck: 7 }
  }
}

resource fromOutside 'Microsoft.Insights/metricAlerts@2018-03-01' = if (public) {
  name: '${prefix}-availability'
  location: 'global'
  tags: tags
  dependsOn: [test]
  properties: {
    description: 'docs/azure.md, availability'
    severity: 1
    enabled: enabled
    scopes: [componentId]
    evaluationFrequency: 'PT1M'
    windowSize: 'PT5M'
    autoMitigate: true
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          name: 'availability'
          criterionType: 'StaticThresholdCriterion'
          metricName: 'availabilityResults/availabilityPercentage'
          metricNamespace: 'microsoft.insights/components'
          timeAggregation: 'Average'
          operator: 'LessThan'
          threshold: 99
          dimensions: [{ name: 'availabilityResult/name', operator: 'Include', values: [testName] }]
        }
      ]
    }
    actions: [{ actionGroupId: actionGroupId }]
  }
}

resource fromInside 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = if (!public) {
  name: '${prefix}-availability'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: '${prefix}: availability is below 99 %'
    description: 'docs/azure.md, availability'
    severity: 1
    enabled: enabled
    scopes: [workspaceId]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT5M'
    skipQueryValidation: true
    autoMitigate: true
    criteria: {
      allOf: [
        {
          query: loadTextContent('../alerts/availability.kql')
          metricMeasureColumn: 'availabilityPercent'
          timeAggregation: 'Minimum'
          operator: 'LessThan'
          threshold: 99
          failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
        }
      ]
    }
    actions: { actionGroups: [actionGroupId] }
  }
}
