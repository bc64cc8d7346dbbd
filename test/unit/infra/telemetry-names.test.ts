import { describe, expect, it } from 'vitest';
import {
  TELEMETRY_ATTRIBUTES,
  TELEMETRY_EVENTS,
  TELEMETRY_METRICS,
} from '../../../shared/telemetry-names.ts';
import { bracketed, found, infraFiles, textOf } from './bicep-text.ts';

const events: readonly string[] = Object.values(TELEMETRY_EVENTS);
const metrics: readonly string[] = Object.values(TELEMETRY_METRICS);
const attributes: readonly string[] = Object.values(TELEMETRY_ATTRIBUTES);
const dashboards = infraFiles('.json').flatMap(({ path, text }) =>
  found(text, /"query": ("(?:[^"\\]|\\.)*")/g).map((query) => ({ path, text: String(JSON.parse(query)) })),
);
const queries = [...infraFiles('.kql'), ...dashboards];
const modules = ['alerts', 'availability'].map((name) => textOf('infra-bicep', 'modules', `${name}.bicep`));

describe('alerts, queries and dashboards', () => {
  it('use only names under which telemetry is sent, in the table where it arrives', () => {
    const used = queries.flatMap(({ path, text }) =>
      found(text, /'(tollgate\.[\w.-]+)'/g).map((name) => ({ path, name, text })),
    );
    expect(used.length).toBeGreaterThan(8);
    for (const { path, name, text } of used) {
      expect([...events, ...metrics], path).toContain(name);
      expect(text, path).toMatch(events.includes(name) ? /^AppEvents/m : /^AppMetrics/m);
    }
  });

  it('ask for every custom name with the whole of it', () => {
    const asked = queries.flatMap(({ text }) =>
      found(text, /\bName\s*(?:==|=~|in|has|startswith)\s*\(?'([^']+)'/g),
    );
    expect(asked.filter((name) => ![...events, ...metrics].includes(name))).toEqual([]);
  });

  it('read only attributes that telemetry has', () => {
    const read = queries.flatMap(({ text }) => found(text, /\b(?:Properties|Measurements)\.(\w+)/g));
    expect(read.length).toBeGreaterThan(20);
    expect(read.filter((name) => !attributes.includes(name))).toEqual([]);
  });
});

describe('an alert', () => {
  const files = infraFiles('.kql').filter(({ path }) => path.startsWith('alerts/'));
  const rules = modules.flatMap((text) => [
    ...text.matchAll(
      /loadTextContent\('\.\.\/(alerts\/[\w-]+\.kql)'\)\s+(?:measure|metricMeasureColumn): '(\w+)'/g,
    ),
  ]);

  it('exists for every query, and has one', () => {
    expect(rules.map((rule) => rule[1] ?? '').toSorted()).toEqual(files.map(({ path }) => path));
  });

  it('measures a column of its query', () => {
    for (const [, path, measure] of rules) {
      const query = files.find((file) => file.path === path)?.text ?? '';
      expect(query, path).toMatch(new RegExp(`\\b${measure} = `));
    }
  });

  it('is split by a column of its query', () => {
    const [alerts = ''] = modules;
    for (const rule of bracketed(alerts, 'var rules =').split('\n  }\n')) {
      const path = found(rule, /'\.\.\/(alerts\/[\w-]+\.kql)'/g)[0];
      for (const dimension of found(rule, /split: \['(\w+)'\]/g)) {
        expect(files.find((file) => file.path === path)?.text, path).toMatch(
          new RegExp(` by ${dimension}$`, 'm'),
        );
      }
    }
  });

  it('is explained to whoever it wakes up', () => {
    const docs = textOf('docs', 'azure.md');
    const [alerts = ''] = modules;
    const names = [
      ...found(bracketed(alerts, 'var rules ='), /^ {4}name: '([\w-]+)'/gm),
      'availability',
      'budget',
    ];
    expect(names.length).toBe(11);
    expect(names.filter((name) => !docs.includes(`**${name}**`))).toEqual([]);
  });
});

describe('the queries of infra-bicep/queries', () => {
  it('are quoted in the documentation as they are', () => {
    const docs = textOf('docs', 'azure.md');
    for (const { path, text } of infraFiles('.kql').filter((file) => file.path.startsWith('queries/'))) {
      expect(docs.includes(`\`\`\`kusto\n${text}\`\`\``), path).toBe(true);
    }
  });
});
