import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createRequire } from 'node:module';
import { build, stop } from 'esbuild';
import { afterAll, expect, it } from 'vitest';
import type { z as whole } from 'zod';
import { trimmedPackages } from '../../../tools/trimmed-packages.ts';

const root = resolve(import.meta.dirname, '../../..');

/** Bundles a text as the app is bundled. */
async function bundled(contents: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: root },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    logLevel: 'silent',
    plugins: [trimmedPackages],
  });
  return outputFiles[0]?.text ?? '';
}

afterAll(stop);

it('leaves what is used as it was', async () => {
  const text = await bundled(
    "import validator from 'validator'; import { z } from 'zod'; export { validator, z };",
  );
  expect(text.length).toBeLessThan(700_000);
  const { validator, z } = (await import(`data:text/javascript,${encodeURIComponent(text)}`)) as {
    validator: { isURL: (url: string, options?: object) => boolean };
    z: typeof whole;
  };
  const untrimmed = createRequire(import.meta.url)('validator') as typeof validator;
  for (const url of ['https://example.com/a?b', 'http://localhost:7071/x', 'no url', 'ftp://a.b', '']) {
    expect(validator.isURL(url, { require_tld: false })).toBe(untrimmed.isURL(url, { require_tld: false }));
  }
  expect(z.string().safeParse(1).error?.issues[0]?.message).toMatch(/expected string/);
});

it('is out of date, and says so, where the app no longer has one of them', async () => {
  await expect(bundled("import { z } from 'zod'; export { z };")).rejects.toThrow(
    /validator.* is out of date/s,
  );
});

it('knows all that durable-functions takes of validator', () => {
  const folder = join(root, 'node_modules/durable-functions/lib/src');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.js'),
  );
  const used = files.flatMap(
    (file) => readFileSync(join(folder, file), 'utf8').match(/validator_1\.\w+/g) ?? [],
  );
  expect(new Set(used)).toEqual(new Set(['validator_1.isURL']));
});
