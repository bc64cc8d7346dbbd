using 'main.bicep'

// Like production in everything that can break, and small: what the pipeline deploys to first.
param environmentName = 'test'
param defaultModel = 'fraud'
param alertEmails = ['tollgate-test@example.com']
param httpAlwaysReady = 1
param rollupsMaxThroughput = 1000
param eventHubsMaxUnits = 4
