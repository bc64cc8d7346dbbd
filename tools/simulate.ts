import { closeSync, openSync, writeSync } from 'node:fs';
import Table from 'cli-table3';
import { z } from 'zod';
import { localSettings } from './app-settings.ts';
import { commandLine, EXIT, parsedBy, run, wholeNumber } from './command-line.ts';
import { type Answer, HttpSender } from './http-sender.ts';
import { readDefinition } from './model-folders.ts';
import { addPopulationSwitches, generatorNamedIn } from './population-switches.ts';
import { showProgress } from './progress.ts';
import { labelledRows, rowsOfFile, type SimulatedRow } from './simulated-rows.ts';
import { sendLabels, type Truth } from './send-labels.ts';
import { stackEndpoints } from './stack-connection.ts';
import { TrafficStatistics } from './traffic-statistics.ts';

const optionsSchema = z.object({
  model: z.string(),
  count: z.number().optional(),
  seconds: z.number().optional(),
  rate: z.number().optional(),
  concurrency: z.number(),
  seed: z.number(),
  from: z.string().optional(),
  url: z.url().optional(),
  record: z.string().optional(),
  labels: z.boolean().default(false),
});
type Options = z.infer<typeof optionsSchema>;
type Rows = Iterator<SimulatedRow> | AsyncIterator<SimulatedRow>;

const settings = await localSettings();
const generator = await generatorNamedIn(process.argv.slice(2), settings.DEFAULT_MODEL);
const command = commandLine('simulate', 'Sends realistic transactions to a running stack, one a request.')
  .option('--model <name>', 'the model', settings.DEFAULT_MODEL)
  .option('--count <n>', 'how many transactions (default: 1,000, unless --seconds is given)', wholeNumber(1))
  .option('--seconds <s>', 'for how long', parsedBy(positive))
  .option('--rate <r>', 'transactions a second (default: as fast as they are answered)', parsedBy(positive))
  .option('--concurrency <n>', 'requests under way at once', wholeNumber(1, 1_000), 32)
  .option('--seed <s>', 'seed of the transactions; their times follow the clock', wholeNumber(0), 1)
  .option('--from <file>', 'sends the rows of this CSV file instead of generated ones')
  .option('--url <url>', 'where to send (default: the stack of TOLLGATE_HOME)')
  .option('--labels', 'sends the true labels too, once every transaction is answered')
  .option('--record <file>', 'writes a JSON line for each answer: its status and prediction id');
if (generator !== undefined) addPopulationSwitches(command, generator);

command.action(async () => {
  const options = optionsSchema.parse(command.opts());
  const count = options.count ?? (options.seconds === undefined ? 1_000 : Number.POSITIVE_INFINITY);
  const base = options.url ?? (await stackEndpoints()).http;
  const sender = new HttpSender(new URL(`/api/models/${options.model}/score`, base), options.concurrency);
  const record = options.record === undefined ? undefined : openSync(options.record, 'w');
  const statistics = new TrafficStatistics();
  const truths: Truth[] = [];
  try {
    await sendAll(sender, await rowsFor(options, count), count, options, (answer, ms, truth) => {
      statistics.add(answer, ms);
      const line = recorded(answer);
      if (record !== undefined) writeSync(record, `${JSON.stringify(line)}\n`);
      const { predictionId } = line;
      if (options.labels && truth !== undefined && predictionId !== undefined)
        truths.push({ predictionId, label: truth });
    });
  } finally {
    sender.close();
    if (record !== undefined) closeSync(record);
  }
  const rows = statistics.rows();
  const labels = options.labels ? await sendLabels(base, options.model, truths, new Date()) : undefined;
  if (labels !== undefined) rows.push(...labels.rows);
  const table = new Table({ style: { head: [], border: [] } });
  table.push(...rows);
  console.log(table.toString());
  if (!statistics.allAnswered || labels?.allAccepted === false) process.exitCode = EXIT.failed;
});
await run(command);

async function rowsFor({ model, from, seed }: Options, count: number): Promise<Rows> {
  if (from !== undefined) return rowsOfFile(model, from);
  if (generator === undefined)
    return command.error(`error: '${model}' has no generator: --from names a file to send`);
  const label = (await readDefinition(model)).columns.find(({ role }) => role === 'label');
  const known = new Set(Object.keys(optionsSchema.shape));
  const population = Object.fromEntries(Object.entries(command.opts()).filter(([name]) => !known.has(name)));
  return labelledRows(generator, label, { ...population, seed }, count, Date.now());
}

/** Sends rows until the count or the time is up, and waits for the answers that are still under way. */
async function sendAll(
  sender: HttpSender,
  rows: Rows,
  count: number,
  { concurrency, rate, seconds }: Options,
  onAnswer: (answer: Answer, ms: number, truth: 0 | 1 | undefined) => void,
): Promise<void> {
  const progress = showProgress();
  const started = performance.now();
  const end = seconds === undefined ? Number.POSITIVE_INFINITY : started + seconds * 1_000;
  let sent = 0;
  let answered = 0;
  const worker = async (): Promise<void> => {
    while (sent < count && performance.now() < end) {
      const due = rate === undefined ? 0 : started + (sent * 1_000) / rate;
      if (due > end) return;
      sent += 1;
      await until(due);
      const next = await rows.next();
      if (next.done === true) return;
      const since = performance.now();
      const answer = await sender.post(JSON.stringify({ transaction: next.value.row }));
      onAnswer(answer, performance.now() - since, next.value.truth);
      answered += 1;
      progress.show('transactions', answered, Number.isFinite(count) ? count : sent);
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, count) }, worker));
  progress.end();
}

async function until(time: number): Promise<void> {
  const wait = time - performance.now();
  if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
}

interface Recorded {
  readonly status?: number;
  readonly failure?: string;
  readonly predictionId?: string;
}

function recorded(answer: Answer): Recorded {
  if ('failure' in answer) return answer;
  const body: unknown = answer.status === 200 ? JSON.parse(answer.body) : undefined;
  return { status: answer.status, ...z.object({ predictionId: z.string() }).safeParse(body).data };
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value))) throw new RangeError('It has to be a number above 0.');
  return value;
}
