import { type Alert, occurrenceId } from './alert.ts';

export const ALERT_FORMATS = ['cloudevents', 'slack', 'teams', 'pagerduty'] as const;
export type AlertFormat = (typeof ALERT_FORMATS)[number];

export const ALERT_TYPE = 'tollgate.alert.v1';

/** What is posted to a webhook. */
export interface WebhookMessage {
  readonly url: URL;
  readonly contentType: string;
  readonly body: object;
}

/**
 * An alert in the words of whoever receives it.
 * @param url of the webhook; PagerDuty's routing key is its query parameter `routing_key`, and goes into the body
 * @param app where this app is found from outside, for links; none where it is unknown
 */
export function webhookMessage(alert: Alert, format: AlertFormat, url: URL, app?: URL): WebhookMessage {
  const link = alert.path === undefined || app === undefined ? undefined : new URL(alert.path, app).href;
  switch (format) {
    case 'cloudevents':
      return { url, contentType: 'application/cloudevents+json', body: cloudEvent(alert, link) };
    case 'slack':
      return { url, contentType: JSON_TYPE, body: slackMessage(alert, link) };
    case 'teams':
      return { url, contentType: JSON_TYPE, body: teamsMessage(alert, link) };
    case 'pagerduty': {
      const bare = new URL(url);
      bare.searchParams.delete('routing_key');
      const key = url.searchParams.get('routing_key') ?? '';
      return { url: bare, contentType: JSON_TYPE, body: pagerDutyEvent(alert, key, link) };
    }
  }
}

const JSON_TYPE = 'application/json';

/** CloudEvents 1.0, structured mode; the same id for the same occurrence, state and severity. */
function cloudEvent(alert: Alert, link: string | undefined) {
  const { model, key, state, severity, title, detail, raisedAt, changedAt } = alert;
  return {
    specversion: '1.0',
    type: ALERT_TYPE,
    source: `/models/${model}`,
    id: `${occurrenceId(alert)}/${state}/${severity}`,
    subject: key,
    time: changedAt,
    datacontenttype: 'application/json',
    data: { model, key, state, severity, title, detail, raisedAt, ...(link === undefined ? {} : { link }) },
  };
}

function headline({ state, severity, title }: Alert): string {
  return state === 'resolved' ? `Resolved: ${title}` : `${SEVERITY_WORDS[severity]}: ${title}`;
}

const SEVERITY_WORDS = { info: 'Notice', warning: 'Warning', critical: 'Alarm' } as const;

/** Slack's incoming webhooks; `text` is what notifications show. Its control characters are `&`, `<`, `>`. */
function slackMessage(alert: Alert, link: string | undefined) {
  const escaped = (text: string) =>
    text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const title = escaped(headline(alert));
  const more = link === undefined ? '' : `\n<${link}|Report>`;
  const text = `*${title}*\n${escaped(alert.detail)}${more}`;
  return { text: title, blocks: [{ type: 'section', text: { type: 'mrkdwn', text } }] };
}

/** An Adaptive Card, as the webhooks of Teams' workflows take it. */
function teamsMessage(alert: Alert, link: string | undefined) {
  const color = alert.state === 'resolved' ? 'Good' : alert.severity === 'critical' ? 'Attention' : 'Warning';
  const content = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    body: [
      { type: 'TextBlock', text: headline(alert), weight: 'Bolder', size: 'Medium', color, wrap: true },
      { type: 'TextBlock', text: alert.detail, wrap: true },
    ],
    actions: link === undefined ? [] : [{ type: 'Action.OpenUrl', title: 'Report', url: link }],
  };
  return {
    type: 'message',
    attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', content }],
  };
}

/** PagerDuty's Events API v2: the dedup key makes a second delivery, and the recovery, find the same incident. */
function pagerDutyEvent(alert: Alert, routingKey: string, link: string | undefined) {
  const { model, key, state, severity, title, detail, changedAt } = alert;
  return {
    routing_key: routingKey,
    event_action: state === 'raised' ? 'trigger' : 'resolve',
    dedup_key: occurrenceId(alert),
    payload: {
      summary: title.slice(0, MAX_SUMMARY),
      source: `tollgate/${model}`,
      component: key,
      severity,
      timestamp: changedAt,
      custom_details: { detail },
    },
    ...(link === undefined ? {} : { links: [{ href: link, text: 'Report' }] }),
  };
}

/** PagerDuty's limit. Characters. */
const MAX_SUMMARY = 1_024;
