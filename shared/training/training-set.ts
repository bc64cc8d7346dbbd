import { compileContract } from '../features/compile.ts';
import type { ModelDefinition } from '../features/definition.ts';
import type { CheckedRow } from '../features/row-values.ts';
import type { OutcomeLogs } from '../outcomes/join.ts';
import { milliseconds } from '../promotion/duration.ts';
import { checkedCsv } from './checked-csv.ts';
import { loggedRows } from './logged-rows.ts';
import { RowKeys } from './row-keys.ts';
import { type PredictionCounts, sumOf, type TrainingSetFacts } from './training-set-manifest.ts';

/** A model that says nothing of its labels gets both classes labelled, and as soon as they are known. */
const DEFAULT_LABELLING = { maturity: '0s', unlabelled: 'drop' } as const;

/** The rows of a data set version, checked, with their labels. */
export interface DatasetRows {
  readonly version: string;
  readonly sha256: string;
  readonly rows: Iterable<CheckedRow> | AsyncIterable<CheckedRow>;
}

export interface TrainingSetRequest {
  readonly definition: ModelDefinition;
  /** Of rows that are the same transaction the first one counts: the newest version first. */
  readonly datasets: readonly DatasetRows[];
  /** The model's collected predictions from this time on, milliseconds since 1970-01-01T00:00Z; none where it is absent. */
  readonly predictionsFrom?: number;
  /** The time that the training set is made for: labels that were received later do not count. */
  readonly asOf: number;
}

/** Rows are written at least so many at once. Characters. */
const PIECE = 64 * 1024;

/**
 * Puts a training set together: the rows of data set versions, then the predictions that were made before `asOf` less the
 * maturity of labels, joined with what was known of them then. Streams: it holds an hour's labels and a key for each row.
 * @param write takes the CSV in pieces, in order; `readLabelledRows` reads it
 * @throws Failure `unavailable`
 */
export async function assembleTrainingSet(
  logs: OutcomeLogs,
  request: TrainingSetRequest,
  write: (piece: string) => Promise<void> | void,
): Promise<TrainingSetFacts> {
  const { definition, datasets, predictionsFrom, asOf } = request;
  const contract = compileContract(definition);
  const keys = new RowKeys(contract);
  const csv = checkedCsv(definition.columns, definition.defaultFile?.delimiter ?? ',');
  let rows = 0;
  let positives = 0;
  let piece = csv.header;
  const put = async (row: CheckedRow): Promise<void> => {
    rows += 1;
    positives += contract.label(row) ?? 0;
    piece += csv.line(row);
    if (piece.length < PIECE) return;
    await write(piece);
    piece = '';
  };

  const used: TrainingSetFacts['datasets'] = [];
  for (const { version, sha256, rows: given } of datasets) {
    const facts = { version, sha256, rows: 0, used: 0, duplicates: 0 };
    keys.nextSource();
    for await (const row of given) {
      facts.rows += 1;
      if (keys.add(row)) {
        facts.used += 1;
        await put(row);
      } else facts.duplicates += 1;
    }
    used.push(facts);
  }

  const { maturity, unlabelled } = definition.labelling ?? DEFAULT_LABELLING;
  const hours: (PredictionCounts & { hour: string })[] = [];
  const to = asOf - milliseconds(maturity);
  if (predictionsFrom !== undefined) {
    const window = { model: definition.model, from: predictionsFrom, to, asOf, unlabelled };
    keys.nextSource();
    for await (const { hour, counts, rows: logged } of loggedRows(logs, contract, keys, window)) {
      for await (const row of logged) await put(row);
      hours.push({ hour: isoOf(hour), ...counts });
    }
  }
  await write(piece);
  return {
    formatVersion: 1,
    model: definition.model,
    asOf: isoOf(asOf),
    labelling: { maturity, unlabelled },
    rows,
    positives,
    datasets: used,
    ...(predictionsFrom === undefined
      ? {}
      : { predictions: { from: isoOf(predictionsFrom), to: isoOf(to), total: sumOf(hours), hours } }),
  };
}

function isoOf(time: number): string {
  return new Date(time).toISOString();
}
