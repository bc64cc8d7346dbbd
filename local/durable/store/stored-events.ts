import type { HistoryEvent } from '../history.ts';

/**
 * Reads an event that the hub has written itself; only its outline is looked at, for this is done for every event of
 * every turn.
 * @throws Error where the text is damaged
 */
export function parseEvent(text: string): HistoryEvent {
  const value = parse(text);
  if (!isEvent(value)) throw new Error('The task hub holds a message that is no event');
  return value;
}

/** Reads what a turn added to a history. @throws Error where the text is damaged */
export function parseEvents(text: string): HistoryEvent[] {
  const value = parse(text);
  if (!Array.isArray(value) || !value.every(isEvent)) {
    throw new Error('The task hub holds a history that is no list of events');
  }
  return value;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error('The task hub holds a text that is no JSON', { cause: error });
  }
}

function isEvent(value: unknown): value is HistoryEvent {
  return (
    typeof value === 'object' &&
    value !== null &&
    'EventType' in value &&
    typeof value.EventType === 'number' &&
    'Timestamp' in value &&
    typeof value.Timestamp === 'string'
  );
}
