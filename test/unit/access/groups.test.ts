import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ACCESS, GROUPS, ROLES } from '../../../shared/access/groups.ts';
import { openApiDocument } from '../../../shared/http/openapi.ts';
import { root } from '../delivery/files.ts';
import { registeredFunctions } from '../delivery/registered-functions.ts';

interface Route {
  readonly name: string;
  readonly level: unknown;
  readonly route: string;
}

/** HTTP functions as the built app registers them. */
function routesUnder(env: Record<string, string>): Route[] {
  return registeredFunctions(env).flatMap(({ name, bindings }) =>
    Object.values(bindings)
      .filter(({ type }) => type === 'httpTrigger')
      .map(({ authLevel, methods, route }) => ({
        name,
        level: authLevel,
        route: `${String(methods)} /${String(route)}`,
      })),
  );
}

const entra = {
  AUTH_MODE: 'entra',
  ENTRA_TENANT_ID: '11111111-2222-4333-8444-555555555555',
  ENTRA_AUDIENCE: '99999999-8888-4777-8666-555555555555',
};
const routes = routesUnder({});
const access: Readonly<Record<string, string>> = ACCESS;

describe('the functions that answer HTTP', () => {
  it('each belong to a group, or are open', () => {
    expect(routes.map(({ name }) => name).toSorted()).toEqual(Object.keys(ACCESS).toSorted());
  });

  it('ask for a key of the function unless they are open', () => {
    for (const { name, level } of routes)
      expect([name, level]).toEqual([name, access[name] === 'open' ? 'anonymous' : 'function']);
    const open = routes.filter(({ level }) => level === 'anonymous').map(({ route }) => route);
    expect(open.toSorted()).toEqual([
      'GET /api/docs/{asset}',
      'GET /api/health/live',
      'GET /api/health/ready',
      'GET /dashboard',
      'GET /dashboard/{asset}',
    ]);
  });

  it('ask for a token in place of a key with AUTH_MODE=entra', () => {
    expect(new Set(routesUnder(entra).map(({ level }) => level))).toEqual(new Set(['anonymous']));
  });

  it('have all routes of the API document', () => {
    const paths = Object.entries((openApiDocument([], 'fraud') as { paths: Record<string, object> }).paths);
    const documented = paths.flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const known = new Set(routes.map(({ route }) => route.replaceAll(/\{\w+\}/g, '{}')));
    expect(documented.length).toBeGreaterThan(25);
    expect(documented.filter((route) => !known.has(route.replaceAll(/\{\w+\}/g, '{}')))).toEqual([]);
  });
});

describe('the bundle', () => {
  /** The text of a file of dist/ and of all that it cannot be loaded without. */
  function loadedWith(file: string, known = new Map<string, string>()): Map<string, string> {
    if (known.has(file)) return known;
    const text = readFileSync(join(root, 'dist', file), 'utf8');
    known.set(file, text);
    for (const match of text.matchAll(/^(?:import|export)\b[^;]*?["']\.\/([\w.-]+\.js)["'];/gm))
      loadedWith(match[1] ?? '', known);
    return known;
  }

  it('loads what verifies tokens only where tokens are taken', () => {
    const loaded = loadedWith('main.js');
    const files = readdirSync(join(root, 'dist')).filter((name) => name.endsWith('.js'));
    const verifying = files.filter((name) =>
      readFileSync(join(root, 'dist', name), 'utf8').includes('JWSSignatureVerificationFailed'),
    );
    expect(loaded.size).toBeGreaterThan(3);
    expect(verifying.length).toBeGreaterThan(0);
    expect(verifying.filter((name) => loaded.has(name))).toEqual([]);
  });
});

describe('docs/security.md', () => {
  const text = readFileSync(join(root, 'docs', 'security.md'), 'utf8');

  it('lists the routes and the role of each group, and no others', () => {
    const rows = text.matchAll(/^\| \*\*(\w+)\*\* \| (?:`([\w.]+)`)? ?\| (.+) \|$/gm);
    const listed = [...rows].map(([, group = '', role, cell = '']) => ({
      group,
      role,
      routes: [...cell.matchAll(/`([A-Z]+ [^`]+)`/g)].map((match) => match[1] ?? '').toSorted(),
    }));
    const expected = [...GROUPS, 'open' as const].map((group) => ({
      group,
      role: group === 'open' ? undefined : ROLES[group],
      routes: routes
        .filter(({ name }) => access[name] === group)
        .map(({ route }) => route)
        .toSorted(),
    }));
    expect(listed).toEqual(expected);
  });
});
