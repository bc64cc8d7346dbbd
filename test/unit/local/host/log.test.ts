import { describe, expect, it } from 'vitest';
import type { LogLevel } from '../../../../local/host/core-types.ts';
import { createLogger, limitOf } from '../../../../local/host/log.ts';
import { formatSetCookie } from '../../../../local/host/set-cookie.ts';

function collect(limits: [string, LogLevel][]) {
  const lines: { out: string[]; err: string[] } = { out: [], err: [] };
  const logger = createLogger(
    new Map(limits),
    {
      out: { write: (text: string) => lines.out.push(text) },
      err: { write: (text: string) => lines.err.push(text) },
    },
    () => new Date(0),
  );
  return { lines, logger };
}

describe('the log', () => {
  it('writes one line with time, level, function and invocation; warnings and errors to the second stream', () => {
    const { lines, logger } = collect([]);
    logger.write('information', { category: 'Function.a.User', name: 'a', invocationId: 'id' }, 'text');
    logger.write('error', { category: 'Host.General', name: 'host' }, 'bad');
    expect(lines).toEqual({
      out: ['1970-01-01T00:00:00.000Z info a [id] text\n'],
      err: ['1970-01-01T00:00:00.000Z error host bad\n'],
    });
  });

  it('indents further lines, so that no text can pose as an entry', () => {
    const { lines, logger } = collect([]);
    logger.write(
      'information',
      { category: 'x', name: 'a' },
      'one\n1970 info a forged\r\nthree\rfour\u2028five',
    );
    expect(lines.out.join('').split('\n').slice(1)).toEqual([
      '    1970 info a forged',
      '    three',
      '    four',
      '    five',
      '',
    ]);
  });

  it('takes the limit of the longest configured prefix of a category', () => {
    const limits = new Map<string, LogLevel>([
      ['default', 'error'],
      ['Function', 'warning'],
      ['Function.a', 'trace'],
      ['Function.b.User', 'none'],
    ]);
    expect(limitOf('Host.General', limits)).toBe('error');
    expect(limitOf('Function.c', limits)).toBe('warning');
    expect(limitOf('Function.ab.User', limits)).toBe('warning');
    expect(limitOf('Function.a.User', limits)).toBe('trace');
    expect(limitOf('x', new Map())).toBe('information');
    const { lines, logger } = collect([...limits]);
    logger.write('critical', { category: 'Function.b.User', name: 'b' }, 'hidden');
    logger.write('debug', { category: 'Function.a.User', name: 'a' }, 'shown');
    expect(lines.err).toEqual([]);
    expect(lines.out).toHaveLength(1);
  });
});

describe('a cookie', () => {
  it('is written as ASP.NET Core writes it', () => {
    expect(formatSetCookie({ name: 'a', value: "b c!'()*é" })).toBe('a=b%20c%21%27%28%29%2A%C3%A9; path=/');
    expect(
      formatSetCookie({
        name: 'a',
        value: '',
        path: { value: '/p' },
        maxAge: { value: 1.9 },
        sameSite: 'strict',
      }),
    ).toBe('a=; max-age=1; path=/p; samesite=strict');
  });

  it('needs a name', () => {
    expect(() => formatSetCookie({ name: 'a;b', value: '1' })).toThrow("Invalid cookie name: 'a;b'");
  });
});
