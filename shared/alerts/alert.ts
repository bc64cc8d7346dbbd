import { z } from 'zod';
import { modelNameSchema } from '../registry/rows.ts';

/** What an alert can be about; a model has at most one of each that is open. */
export const ALERT_KEYS = ['drift', 'performance'] as const;
export type AlertKey = (typeof ALERT_KEYS)[number];

/** `info` says what may come, `critical` wants somebody to look. */
export const SEVERITIES = ['info', 'warning', 'critical'] as const;

/** What whoever raises an alert says of it. */
export const alertFactsSchema = z.object({
  model: modelNameSchema,
  key: z.enum(ALERT_KEYS),
  severity: z.enum(SEVERITIES),
  /** One line that says what happened. */
  title: z.string(),
  /** A few sentences. */
  detail: z.string(),
  /** Where the evidence is: a path of this app. */
  path: z.string().optional(),
});
export type AlertFacts = z.infer<typeof alertFactsSchema>;

/** An alert as it is stored: one document for each model and key, which tells the last of them. */
export const alertSchema = alertFactsSchema.extend({
  kind: z.literal('alert'),
  state: z.enum(['raised', 'resolved']),
  raisedAt: z.iso.datetime(),
  /** When the state, or the severity, became what it is. */
  changedAt: z.iso.datetime(),
  /** Whether the webhook has taken the alert as it is now. */
  delivered: z.boolean(),
});
export type Alert = z.infer<typeof alertSchema>;

/** The same for every delivery of an occurrence, so that a receiver can tell that it has it already. */
export function occurrenceId({ model, key, raisedAt }: Pick<Alert, 'model' | 'key' | 'raisedAt'>): string {
  return `tollgate/${model}/${key}/${raisedAt}`;
}

/**
 * What an alert becomes when it is raised again.
 * @returns undefined where that is nothing new: it is open already and no less severe
 */
export function raised(before: Alert | undefined, facts: AlertFacts, at: Date): Alert | undefined {
  const isOpen = before?.state === 'raised';
  if (isOpen && SEVERITIES.indexOf(before.severity) >= SEVERITIES.indexOf(facts.severity)) return undefined;
  const changedAt = at.toISOString();
  const raisedAt = isOpen ? before.raisedAt : changedAt;
  return { ...facts, kind: 'alert', state: 'raised', raisedAt, changedAt, delivered: false };
}

/**
 * What an alert becomes when its cause is gone.
 * @param detail what says so
 * @returns undefined where none is open
 */
export function resolved(before: Alert | undefined, detail: string, at: Date): Alert | undefined {
  if (before?.state !== 'raised') return undefined;
  return { ...before, state: 'resolved', detail, changedAt: at.toISOString(), delivered: false };
}
