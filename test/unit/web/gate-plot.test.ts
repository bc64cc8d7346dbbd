import { describe, expect, it } from 'vitest';
import { armText, gateSeries, gatesOf, interval } from '../../../web/gate-plot.ts';
import type { Evaluation, Gate } from '../../../web/shapes.ts';

const gate = (name: string, numbers: Partial<Gate> = {}): Gate => ({
  gate: name,
  verdict: 'inconclusive',
  champion: { n: 1 },
  canary: { n: 1 },
  estimate: 0.001,
  lower: -0.002,
  upper: null,
  margin: 0.005,
  ...numbers,
});

function look(second: number, phase: string, gates: Gate[]): Evaluation {
  return { at: new Date(second * 1_000).toISOString(), phase, step: 1, verdict: 'pass', gates };
}

describe('a gate over time', () => {
  it('is in percent where it compares shares, in its own unit elsewhere', () => {
    const looks = [look(60, 'canary', [gate('errorRate'), gate('scoreShift')])];
    expect(gateSeries(looks, 'errorRate')).toEqual({
      at: [60],
      estimate: [0.1],
      lower: [-0.2],
      upper: [null],
      margin: [0.5],
    });
    expect(gateSeries(looks, 'scoreShift').margin).toEqual([0.005]);
  });

  it('breaks where another phase begins, and leaves out looks without the gate', () => {
    const looks = [
      look(60, 'shadow', [gate('errorRate')]),
      look(90, 'shadow', []),
      look(120, 'canary', [gate('errorRate')]),
    ];
    const { at, estimate } = gateSeries(looks, 'errorRate');
    expect(at).toEqual([60, 119.999, 120]);
    expect(estimate).toEqual([0.1, null, 0.1]);
    expect(gatesOf([...looks, look(150, 'canary', [gate('latencyP95')])])).toEqual([
      'errorRate',
      'latencyP95',
    ]);
  });
});

describe('a gate in words', () => {
  it.each([
    [{ lower: -0.001, upper: 0.004 }, '−0.1 % to 0.4 %'],
    [{ lower: null, upper: 0.004 }, 'below 0.4 %'],
    [{ lower: 0.01, upper: null }, 'above 1 %'],
    [{ lower: null, upper: null }, 'not known yet'],
  ])('has the interval %j', (bounds, text) => {
    expect(interval({ gate: 'errorRate', ...bounds })).toBe(text);
  });

  it('names what an arm has shown', () => {
    expect(armText({ n: 24_459, failures: 3, rate: 0.0125 })).toBe('24,459 rows, 1.25 % failed');
    expect(armText({ n: 5, p95Ms: 1.234 })).toBe('5 rows, 1.23 ms p95');
    expect(armText({ n: 0, rate: null })).toBe('0 rows');
  });
});
