import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const manifestSchema = z.object({
  name: z.string(),
  version: z.string(),
  // An object in packages of long ago.
  license: z.union([z.string(), z.object({ type: z.string() }).transform(({ type }) => type)]).optional(),
});

/** Up to the innermost package that a file belongs to. */
const FOLDER = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/;
/** The last is what bundlers write beside a bundle for the packages in it. */
const TEXT = /^(licen[sc]e|notice|copying|copyright|third-?party)[\w-]*(\.(md|txt))?$|\.license\.txt$/i;
const README = /^readme(\.md)?$/i;
/** From a heading that is about the licence, in either way to write one, up to the next. */
const README_SECTION =
  /^(?:#+ *licen[sc]e\b.*|licen[sc]e *\n[-=]{3,} *)\n([^]*?)(?=^#+ |^.+\n[-=]{3,} *$|(?![^]))/im;
const RULE = '='.repeat(80);

/** The folders of the packages that files come from, by the files' paths with slashes; each once, in order. */
export function packageFolders(paths: Iterable<string>): string[] {
  return [...new Set([...paths].flatMap((path) => FOLDER.exec(path)?.[0] ?? []))].sort();
}

/**
 * What has to go with other people's code: name, version, licence and the texts about it of each package, in order of
 * their names. The same packages give the same text, wherever they lie.
 * @param root what the folders are relative to
 * @throws Error naming the packages that state no licence, neither by an id nor by a text
 */
export async function thirdPartyNotices(root: string, folders: readonly string[]): Promise<string> {
  const notices = new Map<string, string>();
  const unstated: string[] = [];
  for (const folder of folders) {
    const { name, version, license } = manifestSchema.parse(
      JSON.parse(await readFile(join(root, folder, 'package.json'), 'utf8')),
    );
    const texts = await textsOf(join(root, folder));
    if (license === undefined && texts.length === 0) unstated.push(`${name} ${version}`);
    const head = `${name} ${version}\nLicence: ${license ?? 'see the text'}`;
    const body = texts.length === 0 ? ['The package brings no text of its licence.'] : texts;
    notices.set(`${name} ${version}`, [RULE, head, ...body].join('\n\n'));
  }
  if (unstated.length > 0) {
    throw new Error(`No licence is stated by ${unstated.join(', ')}: what may not be passed on stays out`);
  }
  const sorted = [...notices].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, notice]) => notice);
  return `${['This package contains code of others, under these licences.', ...sorted].join('\n\n')}\n`;
}

/** Each text once. Some packages have theirs in the readme alone. */
async function textsOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.flatMap((entry) => (entry.isFile() ? entry.name : [])).sort();
  const read = async (name: string) =>
    (await readFile(join(folder, name), 'utf8')).replaceAll('\r\n', '\n').trim();
  const texts = await Promise.all(names.filter((name) => TEXT.test(name)).map(read));
  if (texts.length === 0) {
    const readme = names.find((name) => README.test(name));
    texts.push((README_SECTION.exec(readme === undefined ? '' : await read(readme))?.[1] ?? '').trim());
  }
  return [...new Set(texts)].filter((text) => text !== '');
}
