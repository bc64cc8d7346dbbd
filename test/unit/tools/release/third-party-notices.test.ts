import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageFolders, thirdPartyNotices } from '../../../../tools/release/third-party-notices.ts';

/** What a bundler says that a bundle is made of. */
const metafile = {
  inputs: {
    'shared/score.ts': { bytes: 10 },
    'node_modules/zebra/lib/index.js': { bytes: 10 },
    'node_modules/zebra/lib/other.js': { bytes: 10 },
    'node_modules/zebra/node_modules/@scope/ant/index.js': { bytes: 10 },
    'node_modules/@scope/ant/dist/esm/package.json': { bytes: 10 },
    '<define:x>': { bytes: 10 },
  },
};
const FILES = {
  'zebra/package.json': { name: 'zebra', version: '1.0.0', license: { type: 'MIT' } },
  'zebra/LICENSE': 'Zebra text\r\nof two lines\r\n\r\n',
  'zebra/license.js': 'code',
  'zebra/node_modules/@scope/ant/package.json': { name: '@scope/ant', version: '1.0.0', license: 'ISC' },
  '@scope/ant/package.json': { name: '@scope/ant', version: '2.0.0', license: 'Apache-2.0' },
  '@scope/ant/NOTICE.txt': 'Ant notice',
  '@scope/ant/License.md': 'Ant text',
  '@scope/ant/one.js.LICENSE.txt': 'Inner text',
  '@scope/ant/two.js.LICENSE.txt': 'Inner text',
  'told/package.json': { name: 'told', version: '3.0.0' },
  'told/README.md': '# Told\n\nHello\n\n## License\n\nMIT, by Ada\n\n## More\n\nBye\n',
  'underlined/package.json': { name: 'underlined', version: '3.0.0' },
  'underlined/README.md': 'Hello\n=====\nLicense\n=======\n\nBSD\n\nMore\n----\nBye\n',
  'silent/package.json': { name: 'silent', version: '4.0.0' },
  'silent/README.md': '# Silent\n\nNo word of it\n',
};

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tollgate-notices-'));
  for (const [path, content] of Object.entries(FILES)) {
    const file = join(root, 'node_modules', path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
  }
});
afterAll(() => rm(root, { recursive: true, force: true }));

const notices = (...folders: string[]) =>
  thirdPartyNotices(
    root,
    folders.map((name) => `node_modules/${name}`),
  );

describe('the folders of packages', () => {
  it('are found once each, in order, nested ones too, and none for own sources', () => {
    expect(packageFolders(Object.keys(metafile.inputs))).toEqual([
      'node_modules/@scope/ant',
      'node_modules/zebra',
      'node_modules/zebra/node_modules/@scope/ant',
    ]);
  });
});

describe('the notices', () => {
  it('have name, version, licence and each text once, by name and version', async () => {
    const rule = '='.repeat(80);
    expect(await thirdPartyNotices(root, packageFolders(Object.keys(metafile.inputs)))).toBe(
      [
        'This package contains code of others, under these licences.',
        rule,
        '@scope/ant 1.0.0\nLicence: ISC',
        'The package brings no text of its licence.',
        rule,
        '@scope/ant 2.0.0\nLicence: Apache-2.0',
        'Ant text',
        'Ant notice',
        'Inner text',
        rule,
        'zebra 1.0.0\nLicence: MIT',
        'Zebra text\nof two lines\n',
      ].join('\n\n'),
    );
  });

  it('are the same in whatever order the packages come', async () => {
    expect(await notices('zebra', '@scope/ant')).toBe(await notices('@scope/ant', 'zebra'));
  });

  it('take what the readme says about the licence, and no more of it, where there is no other text', async () => {
    const text = await notices('told', 'underlined');
    expect(text).toContain('told 3.0.0\nLicence: see the text\n\nMIT, by Ada\n\n=');
    expect(text).toMatch(/underlined 3\.0\.0\nLicence: see the text\n\nBSD\n$/);
  });

  it('are refused where a package states neither an id nor a text, with its name', async () => {
    await expect(notices('zebra', 'silent')).rejects.toThrow(/silent 4\.0\.0/);
  });
});
