metadata description = 'Whom every alert tells.'

@description('The name of the group.')
param name string
@description('What a mail calls it.')
@maxLength(12)
param shortName string
@description('Tags of the group.')
param tags object
@description('Mail addresses.')
param emails string[]
@description('A webhook that takes the common alert schema; empty for none.')
@secure()
param webhook string

resource actionGroup 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: name
  location: 'global'
  tags: tags
  properties: {
    groupShortName: shortName
    enabled: true
    emailReceivers: [
      for (address, index) in emails: {
        name: 'mail-${index}'
        emailAddress: address
        useCommonAlertSchema: true
      }
    ]
    webhookReceivers: empty(webhook)
      ? []
      : [{ name: 'webhook', serviceUri: webhook, useCommonAlertSchema: true }]
  }
}

output id string = actionGroup.id
