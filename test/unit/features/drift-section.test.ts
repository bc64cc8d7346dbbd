import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { modelDefinitionSchema } from '../../../shared/features/definition.ts';

const shipped = z
  .record(z.string(), z.unknown())
  .parse(JSON.parse(readFileSync(new URL('../../../models/fraud/model.json', import.meta.url), 'utf8')));
const withDrift = (drift: unknown) => modelDefinitionSchema.safeParse({ ...shipped, drift });

describe('the drift section of a model folder', () => {
  it('has a default for everything', () => {
    expect(withDrift({}).data?.drift).toMatchObject({ policy: 'tollgate', columns: {} });
  });

  it('takes a statistic and a threshold for inputs, features and outcomes', () => {
    const columns = {
      amount: { statistic: 'psi', threshold: 0.2 },
      amount_log1p: { threshold: 0.05 },
      'currency=EUR': { threshold: 2 },
      flagged: { threshold: 1.5 },
    };
    expect(withDrift({ policy: 'evidently', columns }).success).toBe(true);
  });

  it('refuses what it does not know', () => {
    const pathOf = (drift: unknown) => withDrift(drift).error?.issues.map(({ path }) => path.join('.'));
    expect(pathOf({ policy: 'guess' })).toEqual(['drift.policy']);
    expect(pathOf({ columns: { amout: {} } })).toEqual(['drift.columns.amout']);
    expect(pathOf({ columns: { amount: { statistic: 'wasserstein' } } })).toEqual([
      'drift.columns.amount.statistic',
    ]);
  });
});
