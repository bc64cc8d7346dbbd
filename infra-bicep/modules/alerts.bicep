metadata description = 'Alerts on what the app reports. The query of each lies in infra-bicep/alerts; docs/azure.md says what each one means.'

@description('The beginning of every alert\'s name.')
param prefix string
@description('The region.')
param location string
@description('Tags of the alerts.')
param tags object
@description('Whether they are on.')
param enabled bool
@description('The workspace that is queried.')
param workspaceId string
@description('Who is told.')
param actionGroupId string

// severity 0 to 4: 1 wakes somebody up, 2 waits for the morning, 3 is worth knowing.
var rules = [
  {
    name: 'server-errors'
    title: 'More than 5 % of requests fail'
    severity: 1
    query: loadTextContent('../alerts/server-errors.kql')
    measure: 'serverErrorPercent'
    threshold: 5
    split: []
    window: 'PT5M'
    every: 'PT5M'
  }
  {
    name: 'latency'
    title: 'The 95th percentile of scoring is above 2,000 ms'
    severity: 1
    query: loadTextContent('../alerts/latency.kql')
    measure: 'p95Ms'
    threshold: 2000
    split: []
    window: 'PT5M'
    every: 'PT5M'
  }
  {
    name: 'log-spilling'
    title: 'Predictions go to the spill container instead of the log'
    severity: 1
    query: loadTextContent('../alerts/log-spilling.kql')
    measure: 'spilled'
    threshold: 0
    split: []
    window: 'PT5M'
    every: 'PT5M'
  }
  {
    name: 'dead-letter'
    title: 'Events were put into the dead letters'
    severity: 2
    query: loadTextContent('../alerts/dead-letter.kql')
    measure: 'deadLetters'
    threshold: 0
    split: []
    // A day, so that the alert stands for as long as the letters are likely to lie there unread.
    window: 'P1D'
    every: 'PT15M'
  }
  {
    name: 'drift-alarm'
    title: 'A model\'s inputs or scores have drifted'
    severity: 2
    query: loadTextContent('../alerts/drift-alarm.kql')
    measure: 'alarms'
    threshold: 0
    split: ['model']
    window: 'PT1H'
    every: 'PT15M'
  }
  {
    name: 'promotion-rolled-back'
    title: 'A promotion was rolled back or has expired'
    severity: 2
    query: loadTextContent('../alerts/promotion-rolled-back.kql')
    measure: 'promotions'
    threshold: 0
    split: ['model']
    window: 'PT1H'
    every: 'PT5M'
  }
  {
    name: 'promotion-waiting'
    title: 'A promotion waits for an approval'
    severity: 3
    query: loadTextContent('../alerts/promotion-waiting.kql')
    measure: 'promotions'
    threshold: 0
    split: ['model']
    window: 'PT1H'
    every: 'PT5M'
  }
  {
    name: 'retrain-failed'
    title: 'A retrain failed'
    severity: 2
    query: loadTextContent('../alerts/retrain-failed.kql')
    measure: 'failures'
    threshold: 0
    split: ['model']
    window: 'PT1H'
    every: 'PT15M'
  }
  {
    name: 'telemetry-capped'
    title: 'The day\'s cap of telemetry is reached: other alerts see nothing any more'
    severity: 1
    query: loadTextContent('../alerts/telemetry-capped.kql')
    measure: 'stops'
    threshold: 0
    split: []
    window: 'PT1H'
    every: 'PT15M'
  }
]

resource alerts 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for rule in rules: {
    name: '${prefix}-${rule.name}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: '${prefix}: ${rule.title}'
      description: 'docs/azure.md, ${rule.name}'
      severity: rule.severity
      enabled: enabled
      scopes: [workspaceId]
      evaluationFrequency: rule.every
      windowSize: rule.window
      // A new workspace has none of the tables until the first telemetry arrives.
      skipQueryValidation: true
      // Fires once, and resolves itself when the window has passed.
      autoMitigate: true
      criteria: {
        allOf: [
          {
            query: rule.query
            metricMeasureColumn: rule.measure
            timeAggregation: 'Maximum'
            operator: 'GreaterThan'
            threshold: rule.threshold
            dimensions: map(rule.split, dimension => { name: dimension, operator: 'Include', values: ['*'] })
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      actions: { actionGroups: [actionGroupId] }
    }
  }
]
