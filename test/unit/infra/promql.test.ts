import { MatrixSelector, parser, VectorSelector } from '@prometheus-io/lezer-promql';
import { describe, expect, it } from 'vitest';
import { modelMetrics } from '../../../shared/metrics/model-metrics.ts';
import { expressions } from './dashboard.ts';

interface Selected {
  readonly metric: string;
  /** Whether it selects a time range: `metric{…}[5m]`. */
  readonly range: boolean;
}

/** An expression as Grafana's Prometheus data source sends it. */
function sent(expr: string): string {
  return expr.replaceAll(/\$__(?:rate_interval|range|interval)\b/g, '5m').replaceAll('$model', 'a|b');
}

/** What Prometheus' own grammar makes of an expression: where it is wrong, and what it selects. */
function parsed(expr: string): { errors: string[]; selected: Selected[] } {
  const errors: string[] = [];
  const selected: Selected[] = [];
  parser.parse(expr).iterate({
    enter: ({ type, from, node }) => {
      if (type.isError) errors.push(`at ${from}: ${expr.slice(from, from + 20)}`);
      if (type.id !== VectorSelector) return;
      const { from: start, to: end } = node.getChild('Identifier') ?? node;
      selected.push({ metric: expr.slice(start, end), range: node.parent?.type.id === MatrixSelector });
    },
  });
  return { errors, selected };
}

describe('PromQL', () => {
  it.each(expressions)('of the panel $title is understood: $expr', ({ expr }) => {
    expect(sent(expr)).not.toContain('$');
    expect(parsed(sent(expr)).errors).toEqual([]);
  });

  it('asks for metrics that the app publishes: for the increase of counters, for the value of gauges', () => {
    const ranges = new Map(
      modelMetrics([], 0).map(({ name, type }) =>
        type === 'histogram' ? [`${name}_bucket`, true] : [name, type === 'counter'],
      ),
    );
    const selected = expressions.flatMap(({ expr }) => parsed(sent(expr)).selected);
    expect(selected.length).toBeGreaterThan(15);
    expect(selected.filter(({ metric, range }) => ranges.get(metric) !== range)).toEqual([]);
  });

  it.each(['sum by (model (up)', 'rate(up[5m)', 'up{model=a}', 'nosuch(up)', 'sum(up) by'])(
    '%s would be told',
    (expr) => {
      expect(parsed(expr).errors).not.toEqual([]);
    },
  );
});
