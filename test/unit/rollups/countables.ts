import type { Countable } from '../../../shared/rollups/ports.ts';
import { eventOf, idAt, shadowOf } from '../../fixtures/prediction-events.ts';

export const TEN = Date.UTC(2026, 2, 1, 10);
export const MINUTE = 60_000;

type Prediction = ReturnType<typeof eventOf>['data'];
type Shadow = ReturnType<typeof shadowOf>['data'];

let next = 0;
const place = () => ({ sequenceNumber: (next += 1), enqueuedTime: TEN + next });

/** A prediction as a hub hands it over, after all that were made before. */
export function prediction(data: Partial<Prediction> = {}, time = TEN): Countable {
  return { kind: 'prediction', time, data: { ...eventOf(idAt(time)).data, ...data }, ...place() };
}

/** The same of a comparison with the shadow. */
export function shadow(data: Partial<Shadow> = {}, time = TEN): Countable {
  return { kind: 'shadow', time, data: shadowOf(idAt(time), data).data, ...place() };
}
