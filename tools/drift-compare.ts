import { randomFillSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { Option } from 'commander';
import { z } from 'zod';
import { assess } from '../shared/drift/assess.ts';
import type { ColumnEvidence } from '../shared/drift/column-evidence.ts';
import type { ColumnDistribution } from '../shared/drift/distribution.ts';
import { DRIFT_POLICIES, driftSettingsSchema } from '../shared/drift/drift-settings.ts';
import {
  categoricalEvidence,
  type CategorySample,
  judgedByValue,
  numericEvidence,
  type NumericSample,
} from '../shared/drift/measure-sample.ts';
import type { ColumnDrift, DriftReport } from '../shared/drift/report.ts';
import { reportOf } from '../shared/drift/report-of.ts';
import { reportPage } from '../shared/drift/report-page.ts';
import { categoricalDistribution, numericDistribution } from '../shared/drift/sample-distribution.ts';
import { predictionIds } from '../shared/scoring/prediction-ids.ts';
import { commandLine, EXIT, run } from './command-line.ts';
import { showProgress } from './progress.ts';
import { type FileFacts, factsOf, MAX_COUNTED, samplesOf } from './row-files/column-samples.ts';
import { type OnProgress, sourceFault, withRows } from './row-files/open-rows.ts';

/** Numbers that are held at a time, at most (8 bytes each); what is more is read in several rounds. */
const HELD_NUMBERS = 32_000_000;
/** What a counted value takes, in numbers. */
const COUNTED_VALUE = 16;
/** A column with more values is no picture. */
const MOST_CATEGORIES = 10_000;

const optionsSchema = z.object({
  reference: z.string(),
  current: z.string(),
  policy: z.enum(DRIFT_POLICIES),
  html: z.string().optional(),
  failOnDrift: z.boolean(),
});
type Options = z.infer<typeof optionsSchema>;

interface ComparedColumn {
  readonly evidence: ColumnEvidence;
  /** What the report shows: a policy may judge a column of few numbers by its values. */
  readonly shown: Pick<ColumnDrift, 'kind' | 'statistics'>;
  readonly distribution?: ColumnDistribution;
}

/**
 * Compares two files of rows column by column, from every value.
 * @returns the report, and what its page draws
 * @throws Error naming what is wrong with a file
 */
export async function compareFiles(
  { reference, current, policy }: Pick<Options, 'reference' | 'current' | 'policy'>,
  onProgress: OnProgress,
  at: Date,
): Promise<{ report: DriftReport; distributions: ColumnDistribution[] }> {
  const before = await readFacts(reference, onProgress);
  const now = await readFacts(current, onProgress);
  const names = [...new Set([...before.columns.keys(), ...now.columns.keys()])];
  const columns: ComparedColumn[] = [];
  // In sequence: only one round's values are to be in memory
  for (const round of roundsOf(names, before, now)) {
    columns.push(...(await compareColumns(round, [reference, before], [current, now], onProgress)));
  }
  const shown = new Map(columns.map((one) => [one.evidence.column, one.shown]));
  const time = at.toISOString();
  const found = reportOf(
    assess({
      columns: columns.map(({ evidence }) => evidence),
      settings: driftSettingsSchema.parse({ policy }),
      from: time,
    }),
    {
      id: predictionIds(() => at.getTime(), randomFillSync)(),
      model: '',
      version: '',
      window: { from: time, to: time },
      rows: now.rows,
      policy,
      reference: { rows: before.rows, description: basename(reference) },
      current: { rows: now.rows, description: basename(current) },
      createdAt: time,
    },
  );
  return {
    report: { ...found, columns: found.columns.map((one) => ({ ...one, ...shown.get(one.column) })) },
    distributions: columns.flatMap(({ distribution }) => distribution ?? []),
  };
}

async function compareColumns(
  names: readonly string[],
  [reference, before]: readonly [string, FileFacts],
  [current, now]: readonly [string, FileFacts],
  onProgress: OnProgress,
): Promise<ComparedColumn[]> {
  const numeric = names.filter((name) => isNumeric(name, before, now));
  const categorical = names.filter((name) => !isNumeric(name, before, now));
  const take = (file: string, facts: FileFacts) =>
    withRows({ file }, NO_COLUMNS, onProgress, ({ table }) => samplesOf(table, facts, numeric, categorical));
  const [old, fresh] = [await take(reference, before), await take(current, now)];
  return [
    ...numeric.map((name) =>
      compareNumbers(
        name,
        { sorted: old.numbers.get(name) ?? new Float64Array(), rows: before.rows },
        { sorted: fresh.numbers.get(name) ?? new Float64Array(), rows: now.rows },
      ),
    ),
    ...categorical.map((name) =>
      compareCategories(
        name,
        { counts: old.counts.get(name) ?? new Map(), rows: before.rows },
        { counts: fresh.counts.get(name) ?? new Map(), rows: now.rows },
      ),
    ),
  ];
}

function compareNumbers(column: string, reference: NumericSample, current: NumericSample): ComparedColumn {
  const evidence = numericEvidence(column, 'input', reference, current);
  const isEmpty = reference.sorted.length + current.sorted.length === 0;
  return {
    evidence: judgedByValue(evidence, reference, current),
    shown: { kind: 'numeric', statistics: evidence.statistics },
    ...(isEmpty ? {} : { distribution: numericDistribution(column, reference.sorted, current.sorted) }),
  };
}

function compareCategories(
  column: string,
  reference: CategorySample,
  current: CategorySample,
): ComparedColumn {
  const evidence = categoricalEvidence(column, 'input', reference, current);
  return {
    evidence,
    shown: { kind: 'categorical', statistics: evidence.statistics },
    ...(reference.counts.size + current.counts.size > MOST_CATEGORIES
      ? {}
      : { distribution: categoricalDistribution(column, reference.counts, current.counts) }),
  };
}

const NO_COLUMNS = { columns: [] };

function readFacts(file: string, onProgress: OnProgress): Promise<FileFacts> {
  return withRows({ file }, NO_COLUMNS, onProgress, async ({ table, origin }) => {
    const facts = await factsOf(table);
    if (facts.rows === 0) throw new Error(`${origin.file} has no rows`);
    return facts;
  });
}

/** A column that one of the files lacks is what the other one says. */
function isNumeric(name: string, ...files: readonly FileFacts[]): boolean {
  return files.every(({ columns }) => columns.get(name)?.isNumeric ?? true);
}

/** The columns in portions that fit into memory, in their order. */
function roundsOf(names: readonly string[], before: FileFacts, now: FileFacts): string[][] {
  const rounds: string[][] = [];
  let held = Infinity;
  for (const name of names) {
    const present = [before, now].map(({ columns }) => columns.get(name)?.present ?? 0);
    const sizes = isNumeric(name, before, now)
      ? present
      : present.map((rows) => COUNTED_VALUE * Math.min(rows, MAX_COUNTED));
    const size = sizes.reduce((sum, one) => sum + one, 0);
    if (held + size > HELD_NUMBERS) {
      rounds.push([]);
      held = 0;
    }
    rounds.at(-1)?.push(name);
    held += size;
  }
  return rounds;
}

if (import.meta.main) {
  const command = commandLine(
    'drift:compare',
    'Compares two files of rows column by column; the report is JSON on standard output.',
  )
    .requiredOption('--reference <path>', 'what was: .csv, .parquet or .jsonl, each also .gz')
    .requiredOption('--current <path>', 'what is now: the same')
    .addOption(
      new Option('--policy <name>', 'by which columns are judged')
        .choices(DRIFT_POLICIES)
        .default('tollgate'),
    )
    .option('--html <path>', 'where to write the page')
    .option('--fail-on-drift', `exit with ${EXIT.drifted} where the files differ`, false)
    .action(async () => {
      const options = optionsSchema.parse(command.opts());
      for (const file of [options.reference, options.current]) {
        const fault = sourceFault({ file });
        if (fault !== undefined) command.error(`error: ${fault}`);
      }
      const progress = showProgress();
      const { report, distributions } = await compareFiles(options, progress.show, new Date()).finally(
        progress.end,
      );
      if (options.html !== undefined) {
        await writeFile(options.html, await reportPage({ report, distributions, earlier: [] }));
        console.error(`Wrote the page to ${options.html}`);
      }
      console.log(JSON.stringify(report));
      if (options.failOnDrift && report.drifted) process.exitCode = EXIT.drifted;
    });
  await run(command);
}
