import { describe, expect, it } from 'vitest';
import { paramsFault } from '../../../tools/params-fault.ts';

const definition = { learner: { learner: 'gradient_boosting', params: { trees: 150 } } } as const;

describe('what is wrong with --params', () => {
  it('is nothing where the learner takes them', () => {
    expect(paramsFault(definition, {})).toBeUndefined();
    expect(paramsFault(definition, { params: { leaves: 8 } })).toBeUndefined();
    expect(paramsFault(definition, { learner: 'random_forest', params: { maxDepth: 4 } })).toBeUndefined();
    expect(paramsFault({}, { params: { trees: 3 } })).toBeUndefined();
  });

  it('is told with the path and the value of each', () => {
    const fault = paramsFault(definition, { params: { trees: 'many', 'a/b': 1, learningRate: 3 } });
    const [first, ...lines] = (fault ?? '').split('\n');
    expect(first).toBe('--params does not fit gradient_boosting:');
    expect(lines).toHaveLength(3);
    expect(lines).toContainEqual(expect.stringMatching(/^ {2}\/trees: .*number.*; it is "many"$/));
    expect(lines).toContainEqual(expect.stringMatching(/^ {2}\/learningRate: .*1; it is 3$/));
    expect(lines).toContainEqual(
      expect.stringMatching(/^ {2}\/a~1b: there is no such parameter; there are .*trees, leaves/),
    );
  });

  it('is told of the learner that they are for, with all that a parameter may be', () => {
    const fault = paramsFault(definition, { learner: 'random_forest', params: { features: 'all' } });
    expect(fault).toContain('random_forest');
    expect(fault).toMatch(/\/features: .*"sqrt".*; or .*number.*; it is "all"/);
  });
});
