import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Router } from '../../../../local/host/router.ts';

function routerOf(
  ...templates: string[]
): (path: string, method?: string) => [string, Record<string, string>] | undefined {
  const router = new Router<string>();
  for (const template of templates) router.add(template, ['get'], template);
  return (path, method = 'GET') => {
    const match = router.match(method, path);
    return match === undefined ? undefined : [match.target, match.values];
  };
}

describe('a route', () => {
  it('prefers literals, then mixed and constrained parameters, then plain ones, then the rest', () => {
    const find = routerOf('{*all}', 'a/{x}', 'a/{x:int}', 'a/b', 'a/v{x}');
    expect(find('/a/b')).toEqual(['a/b', {}]);
    expect(find('/a/7')).toEqual(['a/{x:int}', { x: '7' }]);
    expect(find('/a/v7')).toEqual(['a/v{x}', { x: '7' }]);
    expect(find('/a/c')).toEqual(['a/{x}', { x: 'c' }]);
    expect(find('/a/c/d')).toEqual(['{*all}', { all: 'a/c/d' }]);
    expect(find('/')).toEqual(['{*all}', {}]);
  });

  it('goes on to the next one when a later segment or the method does not fit', () => {
    const router = new Router<string>();
    router.add('a/b/c', ['GET'], 'literal');
    router.add('{x}/b/d', ['GET'], 'parameter');
    router.add('{x}/b/c', ['POST'], 'post');
    router.add('e', [], 'any');
    expect(router.match('GET', '/a/b/d')?.target).toBe('parameter');
    expect(router.match('POST', '/a/b/c')?.target).toBe('post');
    expect(router.match('PUT', '/a/b/c')).toBeUndefined();
    expect(router.match('PROPFIND', '/e')?.target).toBe('any');
  });

  it('ignores case in literals and a slash at the end, not in values, and not two slashes', () => {
    const find = routerOf('Models/{Name}/Score');
    expect(find('/models/Fraud/SCORE')).toEqual(['Models/{Name}/Score', { Name: 'Fraud' }]);
    expect(find('/models/x/score/')).toBeDefined();
    expect(find('/models//score')).toBeUndefined();
    expect(find('//models/x/score')).toBeUndefined();
  });

  it('may have an optional or a default value at its end', () => {
    const find = routerOf('a/{x?}', 'b/{x=7}');
    expect(find('/a')).toEqual(['a/{x?}', {}]);
    expect(find('/a/1')).toEqual(['a/{x?}', { x: '1' }]);
    expect(find('/b')).toEqual(['b/{x=7}', { x: '7' }]);
    expect(find('/a/1/2')).toBeUndefined();
  });

  it('decodes values, but for an encoded slash and what is malformed', () => {
    const find = routerOf('a/{x}', 'files/{*path}', 'grüße');
    expect(find('/a/b%20c%2Fd%E2%82%AC%ff%zz%41')).toEqual(['a/{x}', { x: 'b c%2Fd€%ff%zzA' }]);
    expect(find('/files/x%20y/z')).toEqual(['files/{*path}', { path: 'x y/z' }]);
    expect(find('/gr%C3%BC%C3%9Fe')).toEqual(['grüße', {}]);
  });

  it('removes dot segments first', () => {
    const find = routerOf('a/b', 'a/.hidden');
    expect(find('/x/../a/./b')?.[0]).toBe('a/b');
    expect(find('/x/%2e%2e/a/b')?.[0]).toBe('a/b');
    expect(find('/a/.hidden')?.[0]).toBe('a/.hidden');
  });

  it('splits a segment at the last separator that fits', () => {
    const find = routerOf('{name}.{extension}', 'range/{from:int}-{to:int}');
    expect(find('/a.tar.gz')).toEqual(['{name}.{extension}', { name: 'a.tar', extension: 'gz' }]);
    expect(find('/range/1-2')).toEqual(['range/{from:int}-{to:int}', { from: '1', to: '2' }]);
    expect(find('/range/1-x')).toBeUndefined();
  });

  it.each([
    ['int', ['0', '-12', '2147483647'], ['', 'a', '1.5', '2147483648', '99999999999999999999999']],
    ['long', ['9223372036854775807', '-1'], ['9223372036854775808', 'x']],
    ['bool', ['true', 'FALSE'], ['1', 'yes']],
    ['double', ['1', '-1.5e3', '.5'], ['a', '1.2.3']],
    ['guid', ['0af76519-16cd-43dd-8448-eb211c80319c', '0af7651916cd43dd8448eb211c80319c'], ['0af7', 'x']],
    ['datetime', ['2026-01-01', '2026-01-01T10:00:00Z'], ['soon']],
    ['alpha', ['abC'], ['a1']],
    ['length(3)', ['abc'], ['ab', 'abcd']],
    ['length(2,3)', ['ab', 'abc'], ['a', 'abcd']],
    ['minlength(2)', ['ab'], ['a']],
    ['maxlength(2)', ['ab'], ['abc']],
    ['min(18)', ['18'], ['17', 'x']],
    ['max(18)', ['-3', '18'], ['19']],
    ['range(1,3)', ['1', '3'], ['0', '4']],
    ['regex(^\\d{{2}}:x$)', ['12:x'], ['1:x', '123:x']],
    ['int:min(1)', ['1'], ['0', 'a']],
  ])('holds its values to %s', (constraint, good, bad) => {
    const find = routerOf(`a/{x:${constraint}}`);
    expect(good.filter((value) => find(`/a/${value}`) === undefined)).toEqual([]);
    expect(bad.filter((value) => find(`/a/${value}`) !== undefined)).toEqual([]);
  });

  it.each([
    '/a',
    '~/a',
    'a//b',
    'a/{',
    'a/}',
    'a/{}',
    '{*x}/b',
    '{x?}/b',
    '{x}/{X}',
    'a/{x:nope}',
    'a?b',
    'a/{x}{y}',
    '{*x?}',
    'a*b/c',
  ])('is refused, with its text in the message: %j', (template) => {
    expect(() => routerOf(template)).toThrow(template);
  });

  it('never fails on any path, and gives a parameter exactly the segment that was sent', () => {
    const find = routerOf('a/{x}', 'b/{x:int}', 'c/{*rest}', 'd{x}/e', 'f/{x?}');
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (path) => {
        find(`/${path}`);
        find(path);
      }),
    );
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (value) => {
        fc.pre(value.isWellFormed() && !/[/]/.test(value) && !/^\.+$/.test(value));
        expect(find(`/a/${encodeURIComponent(value)}`)).toEqual(['a/{x}', { x: value }]);
      }),
    );
  });
});
