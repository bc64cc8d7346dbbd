import { beforeAll, describe, expect, it } from 'vitest';
import type { ModelDefinition } from '../../../../shared/features/definition.ts';
import { openCsvTable } from '../../../../shared/training/csv-table.ts';
import { proposeSuite } from '../../../../shared/training/expectations/propose.ts';
import { failuresOf } from '../../../../shared/training/expectations/report.ts';
import { runSuite } from '../../../../shared/training/expectations/run-suite.ts';
import { parseSuite, type Suite } from '../../../../shared/training/expectations/suite.ts';
import { profileTable } from '../../../../shared/training/profile.ts';
import { readDefinition, readSuite } from '../../../../tools/model-folders.ts';
import { generatedCsv, loadGenerator } from '../../../../tools/row-generator.ts';
import { bankRows } from '../../../fixtures/bank-rows.ts';

async function tableOf(csv: string, definition: ModelDefinition) {
  const bytes = (async function* () {
    yield await Promise.resolve(Buffer.from(csv));
  })();
  return openCsvTable(bytes, () => definition.defaultFile?.delimiter ?? ',');
}

describe.each(['fraud', 'bank-marketing'])('the expectations of %s', (model) => {
  let definition: ModelDefinition;
  let suite: Suite;
  let lines: string[];
  let delimiter: string;

  beforeAll(async () => {
    definition = await readDefinition(model);
    delimiter = definition.defaultFile?.delimiter ?? ',';
    suite = (await readSuite(model)) ?? parseSuite({});
    const generator = await loadGenerator(model);
    const text =
      generator === undefined
        ? Buffer.from(bankRows()).toString('utf8')
        : [...generatedCsv(generator, { rows: 4_000, seed: 3 })].join('');
    lines = text.trim().replaceAll('"', '').split('\n');
  });

  const run = async (rows: string[]) => {
    const report = await runSuite(suite, await tableOf(rows.join('\n'), definition), definition.columns);
    return failuresOf(report).join('\n');
  };
  const slotOf = (column: string) => (lines[0] ?? '').split(delimiter).indexOf(column);
  const labelName = () => definition.columns.find(({ role }) => role === 'label')?.name ?? '';
  /** The rows with one column's cells changed; undefined leaves a row as it is. */
  const changed = (column: string, change: (cell: string, row: number) => string | undefined) =>
    lines.map((line, index) => {
      const cells = line.split(delimiter);
      const slot = slotOf(column);
      const cell = index === 0 ? undefined : change(cells[slot] ?? '', index);
      return cell === undefined ? line : cells.with(slot, cell).join(delimiter);
    });

  it('are met by the model’s rows', async () => {
    expect(await run(lines)).toBe('');
  });

  it('name only columns of the contract, and every column that it requires', () => {
    const known = definition.columns.map(({ name }) => name);
    const named = new Set(
      suite.expectations.flatMap(({ kwargs }) =>
        'column' in kwargs ? [kwargs.column] : 'column_set' in kwargs ? kwargs.column_set : [],
      ),
    );
    expect([...named].filter((name) => !known.includes(name))).toEqual([]);
    const required = definition.columns.filter((column) => column.required === true);
    expect(required.map(({ name }) => name).filter((name) => !named.has(name))).toEqual([]);
  });

  it('catch labels that are the wrong way round', async () => {
    const { positive, negative } = definition.columns.find(({ role }) => role === 'label')?.labels ?? {
      positive: '1',
      negative: '0',
    };
    const failures = await run(changed(labelName(), (cell) => (cell === positive ? negative : positive)));
    expect(failures).toContain(`'${labelName()}'`);
    expect(failures).toContain('the labels are inverted');
  });

  it('catch 2 % of rows with a value that is not one, or with none', async () => {
    const [category] = definition.columns.filter((column) => column.type === 'category' && column.required);
    const name = category?.name ?? '';
    expect(await run(changed(name, (_, row) => (row % 50 === 0 ? '???' : undefined)))).toMatch(
      new RegExp(`'${name}' should be one of .* \\(2 %\\) are not: "\\?\\?\\?" on line 51`),
    );
    expect(await run(changed(name, (_, row) => (row % 50 === 0 ? '' : undefined)))).toContain(
      `'${name}' should be a value; `,
    );
  });

  it('catch a file without rows, and one that lacks a column', async () => {
    expect(await run(lines.slice(0, 1))).toContain('the number of rows should be at least 100; it is 0');
    const [first] = definition.columns.filter((column) => column.required === true);
    const slot = slotOf(first?.name ?? '');
    const lacking = lines.map((line) => line.split(delimiter).toSpliced(slot, 1).join(delimiter));
    expect(await run(lacking)).toContain(`the file lacks the columns "${first?.name}"`);
  });

  it('are proposed so that the rows they were proposed from meet them', async () => {
    const profile = await profileTable(await tableOf(lines.join('\n'), definition), definition);
    const proposed = parseSuite(JSON.parse(JSON.stringify(proposeSuite(profile, model))));
    expect(proposed.expectations.length).toBeGreaterThan(20);
    const report = await runSuite(proposed, await tableOf(lines.join('\n'), definition), definition.columns);
    expect(failuresOf(report)).toEqual([]);
  });
});
