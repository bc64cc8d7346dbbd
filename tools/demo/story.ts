import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import type { DriftReport } from '../../shared/drift/report.ts';
import type { Commands } from './commands.ts';
import { type TollgateApi, until } from './tollgate-api.ts';
import type { WebhookReceiver } from './webhook.ts';

export interface Stage {
  readonly model: string;
  readonly api: TollgateApi;
  readonly commands: Commands;
  readonly webhook: WebhookReceiver;
  /** Begins a chapter. */
  readonly chapter: (title: string) => void;
  readonly say: (line: string) => void;
}

/** What changes: amounts double, as after a change of currency. */
const DRIFT = ['--drift', 'amount=x2'];
const WINDOW = ['--count', '6000', '--labels'];
/** While a version is promoted, somebody has to use it. */
const TRAFFIC = ['--seconds', '170', '--rate', '250'];

/** A promotion of some seconds, for one pair of eyes; a bank's takes days. */
export const QUICK_PLAN = {
  shadow: { bake: '4s' },
  steps: [
    { percent: 25, bake: '4s' },
    { percent: 50, bake: '4s' },
    { percent: 100, bake: '4s' },
  ],
  checkEvery: '2s',
  minRequests: 150,
  minEvents: 2,
  extendAtMost: '3m',
  keepWarm: '2s',
  gates: {
    errorRate: { margin: 0.02 },
    latencyP95: { maxRatio: 5 },
    scoreShift: { maxPsi: 1 },
    decisionRate: { margin: 0.05 },
  },
};

/** Tells the story of a model whose world changes. @throws Error where it goes otherwise than it should */
export async function tellStory(stage: Stage): Promise<void> {
  await quietDay(stage);
  await drift(stage);
  const traffic = stage.commands.begin('simulate', ...TRAFFIC, ...DRIFT);
  try {
    await newVersion(stage);
    await quietAgain(stage);
  } finally {
    await traffic.stop();
  }
  await badVersion(stage);
}

async function quietDay({ api, commands, chapter, say }: Stage): Promise<void> {
  chapter('Payments come in as the model knows them');
  await commands.run('simulate', ...WINDOW, '--seed', '1');
  const report = await checked(api, say);
  if (report.alarm) throw new Error('There is an alarm although nothing has changed');
}

async function drift({ api, commands, webhook, chapter, say }: Stage): Promise<void> {
  chapter('The world changes: amounts double');
  await commands.run('simulate', ...WINDOW, ...DRIFT, '--seed', '2');
  const first = await checked(api, say);
  if (first.columns[0]?.column !== 'amount') throw new Error('The report does not name the amount first');
  if (!first.drifted || first.alarm) throw new Error('A first drifted window is a notice');
  say('A first window is a notice: it may pass. The same again in the next one is an alarm.');
  await commands.run('simulate', ...WINDOW, ...DRIFT, '--seed', '3');
  const second = await checked(api, say);
  if (!second.alarm) throw new Error('The second drifted window raises no alarm');
  await until('the alarm at the webhook', 20, async () =>
    Promise.resolve(webhook.received.find(({ data }) => data.severity === 'critical')),
  );
}

async function newVersion({ api, chapter, say }: Stage): Promise<void> {
  chapter('The alarm has started a retrain');
  const { runId } = await until('the retrain', 20, async () => (await api.runs())[0]);
  let shown = 0;
  const run = await until('the new version', 120, async () => {
    const now = await api.run(runId);
    for (const { learner, metrics, seconds } of now.trials.slice(shown)) {
      const precision = metrics['averagePrecision']?.toFixed(4) ?? 'none';
      say(`  ${learner.padEnd(20)} average precision ${precision}  ${seconds.toFixed(1)} s`);
    }
    shown = now.trials.length;
    return now.status === 'running' ? undefined : now;
  });
  if (run.version === undefined || run.promotionId === undefined)
    throw new Error(`The retrain ended as ${run.status}: ${run.error ?? ''}`);
  say(`Version ${run.version} has passed its gates. Now it has to earn its traffic:`);
  const ended = await promoted({ api, say }, run.promotionId);
  if (ended.phase !== 'promoted') throw new Error(`It is ${ended.phase}: ${ended.reason ?? ''}`);
}

async function quietAgain({ api, webhook, say }: Stage): Promise<void> {
  const { champion } = await api.traffic();
  const report = await until('a quiet window of the new champion', 40, async () => {
    const now = await api.checkDrift();
    return now.version === champion.version && now.rows >= LEAST_ROWS ? now : undefined;
  });
  tell(report, say);
  if (report.alarm) throw new Error('The new version finds drift in what it was made from');
  await until('the recovery at the webhook', 20, async () =>
    Promise.resolve(webhook.received.find(({ data }) => data.state === 'resolved')),
  );
}

/** What collecting takes at most, on a machine with time to spare. */
const COLLECT_MS = 4_000;

/** What the policy needs before it tests a column. */
const LEAST_ROWS = 500;

async function badVersion({ model, api, commands, chapter, say }: Stage): Promise<void> {
  chapter('Somebody registers a version that fails on 3 % of the payments');
  const line = (await commands.run('faulty', '--model', model, '--kind', 'throws')).trim().split('\n').at(-1);
  const { version } = z.object({ version: z.string() }).parse(JSON.parse(line ?? ''));
  const traffic = commands.begin('simulate', '--seconds', '60', '--rate', '400', ...DRIFT, '--seed', '9');
  try {
    // Without a shadow, so that it does harm: callers get the champion's answer instead.
    const ended = await promoted({ api, say }, await api.promote(version, { ...QUICK_PLAN, shadow: null }));
    if (ended.phase !== 'rolled-back') throw new Error(`The faulty version is ${ended.phase}`);
    say(`Rolled back in one write: ${ended.reason ?? ''}`);
    const now = await api.traffic();
    say(`Version ${now.champion.version} serves all traffic, and no caller got an error.`);
  } finally {
    await traffic.stop();
  }
}

async function promoted({ api, say }: Pick<Stage, 'api' | 'say'>, id: string) {
  let last = '';
  return until(`the end of promotion ${id}`, 150, async () => {
    const promotion = await api.promotion(id);
    const where = `${promotion.phase}, ${promotion.percent} %`;
    if (where !== last) say(`  version ${promotion.version}: ${where}`);
    last = where;
    return promotion.endedAt === undefined ? undefined : promotion;
  });
}

async function checked(api: TollgateApi, say: Stage['say']): Promise<DriftReport> {
  // Until the last payments have come through the hub to the log.
  await wait(COLLECT_MS);
  const report = await api.checkDrift();
  tell(report, say);
  return report;
}

function tell({ rows, summary, drifted, alarm }: DriftReport, say: Stage['say']): void {
  const verdict = alarm ? 'ALARM' : drifted ? 'drifted' : 'quiet';
  say(`Drift check of ${rows} rows: ${verdict}. ${summary ?? ''}`);
}
