import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openApiDocument } from '../../../shared/http/openapi.ts';
import { bracketed, found, infraFiles, textOf } from './bicep-text.ts';
import { logQueries } from './dashboard.ts';
import { analysed } from './kusto.ts';

const files = infraFiles('.kql');
const modules = infraFiles('.bicep').map(({ text }) => text);

/** A panel's query as Grafana's Azure Monitor data source sends it. */
function sent(query: string): string {
  return query
    .replaceAll(
      /\$__timeFilter\((\w+)\)/g,
      "['$1'] >= datetime('2026-01-01T00:00:00Z') and ['$1'] <= datetime('2026-01-02T00:00:00Z')",
    )
    .replaceAll('$__interval', '300000ms');
}

describe('KQL', () => {
  it.each(files)('of $path is understood and names what the workspace has', ({ text }) => {
    expect(analysed(text).complaints).toEqual([]);
  });

  it.each(logQueries)('of the panel $title is understood and names what the workspace has', ({ query }) => {
    expect(sent(query)).not.toContain('$');
    expect(analysed(sent(query)).complaints).toEqual([]);
  });

  it('stands in Bicep only as a file', () => {
    const queries = modules.flatMap((text) => found(text, /\bquery: (.+)/g));
    expect(queries.length).toBeGreaterThan(9);
    expect(queries.filter((query) => !/^(loadTextContent\('[^']+\.kql'\)|rule\.query)$/.test(query))).toEqual(
      [],
    );
  });

  it.each([
    ['AppRequests | where Uri == ""', "The name 'Uri'"],
    ['AppRequest | count', "The name 'AppRequest'"],
    ['AppRequests | summarize p95 = percentilew(DurationMs, 95)', 'percentilew'],
    ['AppRequests | extend status = toint(ResultCode | count', 'Expected'],
    ['AppRequests | where ResultCode >= 500', 'operator'],
  ])('%s would be told', (query, complaint) => {
    expect(analysed(query).complaints.join('\n')).toContain(complaint);
  });
});

describe('the query of an alert', () => {
  const returned = (path: string) => analysed(files.find((file) => file.path === path)?.text ?? '').columns;

  it('returns a number as its measure', () => {
    const measures = modules.flatMap((text) => [
      ...text.matchAll(
        /loadTextContent\('\.\.\/(alerts\/[\w-]+\.kql)'\)\s+(?:measure|metricMeasureColumn): '(\w+)'/g,
      ),
    ]);
    expect(measures.length).toBe(files.filter(({ path }) => path.startsWith('alerts/')).length);
    for (const [, path = '', measure = ''] of measures) {
      expect(['int', 'long', 'real'], `${measure} of ${path}`).toContain(returned(path).get(measure));
    }
  });

  it('returns as text what it is split by', () => {
    const rules = bracketed(textOf('infra-bicep', 'modules', 'alerts.bicep'), 'var rules =').split('\n  }\n');
    const splits = rules.flatMap((rule) => {
      const [path = ''] = found(rule, /'\.\.\/(alerts\/[\w-]+\.kql)'/g);
      return found(rule, /split: \['(\w+)'\]/g).map((column) => ({ path, column }));
    });
    expect(splits.length).toBeGreaterThan(3);
    for (const { path, column } of splits) expect(returned(path).get(column), path).toBe('string');
  });
});

describe('the query of a panel', () => {
  const byType = (type: string) => logQueries.filter((panel) => panel.type === type);

  it.each(byType('timeseries'))('$title returns times and numbers to draw', ({ query }) => {
    const types = [...analysed(sent(query)).columns.values()];
    expect(types).toContain('datetime');
    expect(types.filter((type) => ['long', 'real'].includes(type)).length).toBeGreaterThan(0);
  });

  it.each(byType('stat'))('$title returns one number', ({ query }) => {
    expect([...analysed(sent(query)).columns.values()]).toEqual(['real']);
  });
});

describe('the error analysis', () => {
  it('has one route for all models, versions and ids', () => {
    const text = files.find(({ path }) => path === 'queries/error-analysis.kql')?.text ?? '';
    const [ids = ''] = found(text, /replace_regex\(path, @'([^']+)'/g);
    const { paths } = z.object({ paths: z.record(z.string(), z.unknown()) }).parse(openApiDocument([], 'm'));
    const asked = Object.keys(paths).map((path) => path.replaceAll(/\{\w+\}/g, 'id-1'));
    expect(asked.filter((path) => path.includes('id-1')).length).toBeGreaterThan(15);
    const routes = asked.map((path) => path.replaceAll(new RegExp(ids, 'g'), '/$1/…'));
    expect(routes.filter((route) => route.includes('id-1'))).toEqual([]);
  });
});
