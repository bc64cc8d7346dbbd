import { describe, expect, it } from 'vitest';
import { modelDefinitionSchema } from '../../../shared/features/definition.ts';
import type { ColumnEvidence } from '../../../shared/drift/column-evidence.ts';
import { asksForWeekday, withoutWeekdayScores } from '../../../shared/drift/weekday-scores.ts';
import { readDefinition } from '../../../tools/model-folders.ts';

const HOUR = 3_600_000;
const columns = (['input', 'score', 'decision', 'label'] as const).map((role): ColumnEvidence => ({
  column: role,
  role,
  kind: 'rate',
  rows: { reference: 1_000, current: 1_000 },
  distinct: 2,
  statistics: {},
  missing: { reference: 0, current: 0, pValue: 1 },
  importance: 0,
}));
const tested = (window: { from: number; to: number }) =>
  withoutWeekdayScores(columns, window).flatMap(({ role, untested }) =>
    untested === undefined ? [role] : [],
  );

describe('scores of a weekday', () => {
  it('are tested only of windows that have every weekday', () => {
    expect(tested({ from: 0, to: 24 * HOUR })).toEqual(['input', 'label']);
    expect(tested({ from: 0, to: 7 * 24 * HOUR })).toEqual(['input', 'score', 'decision', 'label']);
  });

  it('are those of a model with a feature that is made of the weekday', async () => {
    const fraud = await readDefinition('fraud');
    expect(asksForWeekday(fraud)).toBe(false);
    const features = [...fraud.features, { op: 'cyclic', column: 'day_of_week', period: 7 }];
    expect(asksForWeekday(modelDefinitionSchema.parse({ ...fraud, features }))).toBe(true);
    expect(asksForWeekday(await readDefinition('bank-marketing'))).toBe(false);
  });
});
