using 'main.bicep'

// For one developer or a branch: no network of its own, nothing waits, everything is paid by use.
param environmentName = 'dev'
param defaultModel = 'fraud'
param alertEmails = ['tollgate-dev@example.com']
param alertsEnabled = false
param logLevel = 'debug'
