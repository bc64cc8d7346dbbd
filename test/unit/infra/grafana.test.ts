import { describe, expect, it } from 'vitest';
import { modelMetrics } from '../../../shared/metrics/model-metrics.ts';
import { found, textOf } from './bicep-text.ts';
import { dashboardText, expressions, panels, templating } from './dashboard.ts';

describe('the Grafana dashboard', () => {
  it('has panels with ids of their own that lie beside each other', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, at) => `${x + (at % w)},${y + Math.floor(at / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(panels.filter(({ gridPos }) => gridPos.x + gridPos.w > 24)).toEqual([]);
  });

  it('asks only data sources that its reader chooses', () => {
    const chosen = new Map(
      templating.list.flatMap(({ name, type, query }) =>
        type === 'datasource' ? [[name, query] as const] : [],
      ),
    );
    expect([...chosen.values()]).toEqual(['prometheus', 'grafana-azure-monitor-datasource']);
    for (const { title, type, datasource, targets } of panels.filter((panel) => panel.type !== 'row')) {
      expect(targets.length, title).toBeGreaterThan(0);
      for (const target of targets) {
        const variable = /^\$\{(\w+)\}$/.exec(target.datasource.uid)?.[1] ?? '';
        expect(chosen.get(variable), `${type} ${title}`).toBe(target.datasource.type);
        expect(target.datasource).toEqual(datasource);
        expect(target.expr === undefined, title).toBe(target.datasource.type !== 'prometheus');
        expect(target.azureLogAnalytics === undefined, title).toBe(target.datasource.type === 'prometheus');
      }
    }
  });

  it('uses no variable that it does not have', () => {
    const own = templating.list.map(({ name }) => name);
    const used = found(dashboardText, /\$\{?([a-z]\w*)\}?/g);
    expect(used).toContain('model');
    expect(used.filter((name) => !own.includes(name))).toEqual([]);
  });

  it('offers the models of a metric that the app publishes', () => {
    const [variable] = found(dashboardText, /"definition": "label_values\((\w+), model\)"/g);
    expect(modelMetrics([], 0).map(({ name }) => name)).toContain(variable);
  });

  it('asks for labels that the app publishes, and for outcomes that it counts', () => {
    const code = textOf('shared', 'metrics', 'model-metrics.ts');
    const known = new Set(
      found(code, /labels(?:: | = )\{([^{}]*)\}/g).flatMap((inside) =>
        inside.split(',').map((part) => part.split(':')[0]?.trim() ?? ''),
      ),
    );
    const asked = expressions.flatMap(({ expr }) => [
      ...found(expr, /([a-z]\w*)(?:=~|!~|!=|=)"/g),
      ...found(expr, /\b(?:by|on) \(([^)]*)\)/g).flatMap((list) =>
        list.split(',').map((label) => label.trim()),
      ),
    ]);
    expect(asked.length).toBeGreaterThan(20);
    expect(asked.filter((label) => label !== 'le' && !known.has(label))).toEqual([]);
    const outcomes = expressions
      .flatMap(({ expr }) => found(expr, /outcome[=!]~"([^"]+)"/g))
      .join('|')
      .split('|');
    expect(outcomes.filter((outcome) => !code.includes(`'${outcome}'`))).toEqual([]);
  });

  it('draws the service levels', () => {
    const levels = new Map(
      panels.map(({ title, fieldConfig }) => [title, JSON.stringify(fieldConfig?.defaults.thresholds)]),
    );
    expect(levels.get('Availability')).toContain('"value":0.999');
    expect(levels.get('Errors')).toContain('"value":0.001');
    expect(levels.get('p95')).toContain('"value":0.2');
    expect(levels.get('p99')).toContain('"value":0.25');
  });
});
