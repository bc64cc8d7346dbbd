import { type Baseline, makeBaseline } from '../shared/drift/baseline.ts';
import { countLog } from '../shared/drift/count-log.ts';
import { PredictionCounter } from '../shared/drift/count-predictions.ts';
import { mergeHistograms, type WindowHistogram } from '../shared/drift/histogram.ts';
import { encodeHistogram } from '../shared/drift/histogram-codec.ts';
import { histogramPath } from '../shared/drift/hour-marker.ts';
import { measure } from '../shared/drift/measure.ts';
import { readWindow } from '../shared/drift/read-window.ts';
import { type LogLine, logLineSchema } from '../shared/events/event-schema.ts';
import { linesOf } from '../shared/events/lines.ts';
import { HOUR_MS } from '../shared/events/log-layout.ts';
import { compileContract } from '../shared/features/compile.ts';
import { fitContract } from '../shared/features/contract.ts';
import { localSettings } from '../tools/app-settings.ts';
import { readDefinition } from '../tools/model-folders.ts';
import { predictionEvents } from './prediction-events.ts';
import { type BenchReport, ratio } from './report.ts';
import { interleaved, median, type Round } from './rounds.ts';

const LINES = 100_000;
/** Lines that are kept parsed: more would have the collector of memory look through them all the time. */
const KEPT = 10_000;
const ROUNDS = 5;
/** As storage sends a blob. */
const PIECE_BYTES = 64 * 1024;
const HOURS = 24;
/** A histogram that is added to itself so often stands for 1,024 times the traffic. */
const DOUBLINGS = 10;
const PARSE = 'JSON.parse alone';

/** Seconds by the clock, and of processor time with that of the collector of memory. */
interface Took {
  readonly wall: number;
  readonly cpu: number;
}

/** Predictions into histograms, from parsed lines and from the log's bytes, beside parsing alone; and a check's reading. */
export async function benchSummarise(): Promise<BenchReport> {
  const { DEFAULT_MODEL: model } = await localSettings();
  const next = await predictionEvents(model, 1 << 20);
  const log = Buffer.concat(
    Array.from({ length: LINES }, (_, index) =>
      Buffer.from(`{"partition":"0","sequenceNumber":${index},"event":${next()}}\n`),
    ),
  );
  const lines: LogLine[] = [];
  for await (const text of linesOf(piecesOf(log))) {
    if (lines.push(logLineSchema.parse(JSON.parse(text))) === KEPT) break;
  }
  const baseline = await baselineOf(model, lines);
  const predictions = {
    list: async function* (folder: string) {
      yield await Promise.resolve(`${folder}0.jsonl`);
    },
    read: () => piecesOf(log),
  };
  const parts = { predictions, baselineOf: () => Promise.resolve(baseline) };
  const variant = (name: string, work: () => Promise<void> | void) => ({
    name,
    pids: [],
    measure: () => timed(work),
  });
  const rates = await interleaved(
    [
      variant('parsed lines', () => {
        for (let counted = 0; counted < LINES; counted += KEPT) countLines(baseline, lines);
      }),
      variant('the log, from its bytes', async () => {
        const { read } = await countLog(parts, model, 0, HOUR_MS);
        if (read.lines !== LINES) throw new Error(`${read.lines} of ${LINES} lines were counted`);
      }),
      variant(PARSE, async () => {
        for await (const text of linesOf(piecesOf(log))) JSON.parse(text);
      }),
    ],
    ROUNDS,
  );
  const hour = countLines(baseline, lines.slice(0, Math.ceil(10_000 / HOURS)));
  let busy = hour;
  for (let doubling = 0; doubling < DOUBLINGS; doubling++) busy = mergeHistograms(busy, busy);
  const check = (histogram: WindowHistogram) => async () => {
    const bytes = encodeHistogram({ model, version: '1' }, histogram);
    const blobs = new Map(
      Array.from({ length: HOURS }, (_, at) => [histogramPath(model, '1', at * HOUR_MS), bytes]),
    );
    const histograms = { read: (path: string) => Promise.resolve(blobs.get(path)) };
    const day = await readWindow({ ...parts, histograms }, model, '1', 0, HOURS * HOUR_MS);
    if (day.rows !== histogram.rows * HOURS) throw new Error(`The day has ${day.rows} rows`);
    measure(baseline.spec, baseline.reference, day, new Map());
  };
  const [few, many] = [hour, busy].map(({ rows }) => `24 hours of ${(rows * HOURS).toLocaleString('en')}`);
  const days = await interleaved([variant(few ?? '', check(hour)), variant(many ?? '', check(busy))], ROUNDS);
  return report(baseline, rates, days);
}

function countLines({ spec }: Baseline, lines: readonly LogLine[]): WindowHistogram {
  const counter = new PredictionCounter(spec);
  for (const { event } of lines) counter.add(event.data);
  return counter.taken();
}

/** The baseline of a model that was trained on the rows of these predictions. */
async function baselineOf(model: string, lines: readonly LogLine[]): Promise<Baseline> {
  const definition = await readDefinition(model);
  const plain = compileContract(definition);
  const rows = lines.map(({ event }) => {
    const checked = plain.check(event.data.inputs, '');
    if (!checked.ok) throw new Error(`A logged row is not valid: ${JSON.stringify(checked.problems)}`);
    return checked.row;
  });
  const contract = compileContract(fitContract(definition, rows));
  const values = new Float32Array(rows.length * contract.width);
  for (const [index, row] of rows.entries()) contract.write(row, values, index * contract.width);
  return makeBaseline({
    contract,
    rows,
    features: { rows: rows.length, columns: contract.width, values },
    labels: rows.map((_, index) => (index % 100 === 0 ? 1 : 0)),
    scores: lines.map(({ event }) => event.data.score ?? 0),
  });
}

async function* piecesOf(bytes: Buffer): AsyncGenerator<Buffer, void, undefined> {
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
    yield await Promise.resolve(bytes.subarray(at, at + PIECE_BYTES));
  }
}

async function timed(work: () => Promise<void> | void): Promise<Took> {
  const [cpu, started] = [process.cpuUsage(), performance.now()];
  await work();
  const { user, system } = process.cpuUsage(cpu);
  return { wall: (performance.now() - started) / 1_000, cpu: (user + system) / 1e6 };
}

type Rounds = ReadonlyMap<string, readonly Round<Took>[]>;

function report({ spec }: Baseline, rates: Rounds, days: Rounds): BenchReport {
  const of = (rounds: readonly Round<Took>[], part: keyof Took) =>
    median(rounds.map(({ result }) => result[part]));
  const parse = of(rates.get(PARSE) ?? [], 'cpu');
  return {
    name: 'summarise',
    columns: [
      'what',
      'predictions/s',
      'predictions per s of a core',
      'CPU µs/prediction',
      'to parsing alone',
      'ms',
    ],
    rows: [
      ...[...rates].map(([name, rounds]) => {
        const [wall, cpu] = [of(rounds, 'wall'), of(rounds, 'cpu')];
        return [name, LINES / wall, LINES / cpu, (cpu * 1e6) / LINES, ratio(cpu, parse), '–'];
      }),
      ...[...days].map(([name, rounds]) => [name, '–', '–', '–', '–', of(rounds, 'wall') * 1_000]),
    ],
    notes: [
      `medians of ${ROUNDS} rounds, in turn, over ${LINES.toLocaleString('en')} lines; ${spec.length} columns, of ${spec.filter(({ role }) => role === 'feature').length} features; goal 150,000 predictions/s a core`,
      'from its bytes: lines found, decoded, parsed, checked and told apart by their ids; the reference finds, decodes and parses them',
      'processor time counts all threads, so that of collecting memory too',
      '24 hours: their histograms read, added up and compared with the reference',
    ],
  };
}
