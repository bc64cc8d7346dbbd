import { readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { type App, buildApp } from '../shared/app.ts';
import { readSettings } from '../shared/config.ts';
import { parseContract } from '../shared/features/contract.ts';
import { claim, returnTraffic, setStep, type Transition } from '../shared/registry/traffic.ts';
import { championOf, registerCopy } from '../tools/copied-version.ts';
import { type LoadResult, sendLoad } from './load.ts';
import { type BenchReport, ratio } from './report.ts';
import { interleaved, type Variant } from './rounds.ts';
import { type ScoringStack, startScoringStack } from './scoring-stack.ts';
import { summary } from './scoring.ts';

const ROUNDS = 3;
const SECONDS = 4;
const CONNECTIONS = [1, 32];
const ACCOUNTS = 1_000;
/** Workers notice a change of the traffic within 5 s; by then the log of the measurement before has been collected. */
const NOTICED_MS = 6_000;
const PROMOTION = 'bench-routing';

interface Routing {
  readonly name: string;
  readonly percent: number;
  readonly shadow: boolean;
}

const CHAMPION_ALONE: Routing = { name: 'champion alone', percent: 0, shadow: false };
const ROUTINGS: readonly Routing[] = [
  CHAMPION_ALONE,
  { name: 'shadow on', percent: 0, shadow: true },
  { name: 'canary at 50 %, shadow on', percent: 50, shadow: true },
];

/** What a promotion costs the callers: the same app with a canary and a shadow, and without. */
export async function benchRouting(): Promise<BenchReport> {
  const stack = await startScoringStack();
  const app = await buildApp(readSettings(stack.env));
  try {
    const model = app.settings.defaultModel;
    const candidate = await registerCopy(app, await championOf(app, model));
    const bodies = await bodiesOf(stack);
    const rows: (string | number)[][] = [];
    for (const connections of CONNECTIONS) {
      const load = { port: stack.app.port, path: '/api/score', bodies, connections };
      const variants = ROUTINGS.map((routing): Variant<LoadResult> => ({
        name: `${connections} connections, ${routing.name}`,
        pids: stack.pids,
        prepare: async () => {
          await route(app, model, candidate, routing);
          await wait(NOTICED_MS);
          await sendLoad({ ...load, seconds: 1 });
          await checkRouted(stack, bodies, candidate, routing);
        },
        measure: async () => {
          const result = await sendLoad({ ...load, seconds: SECONDS });
          if (result.failures > 0) throw new Error(`${routing.name} failed ${result.failures} requests`);
          return result;
        },
      }));
      const found = await interleaved(variants, ROUNDS);
      const figures = variants.map(({ name }) => summary(found.get(name) ?? [], 1));
      const alone = figures[0]?.rate ?? Number.NaN;
      for (const [index, { rate, p50, p99, serverCpu, cpu }] of figures.entries()) {
        const name = ROUTINGS[index]?.name ?? '';
        rows.push([`${connections}`, name, rate, p50, p99, serverCpu, cpu, ratio(rate, alone)]);
      }
    }
    return {
      name: 'routing',
      columns: [
        'connections',
        'traffic',
        'rows/s',
        'p50 ms',
        'p99 ms',
        'server CPU µs/row',
        'all CPU µs/row',
        'to the champion alone',
      ],
      rows,
      notes: [
        `medians of ${ROUNDS} interleaved rounds of ${SECONDS} s on one stack, whose traffic is changed in between`,
        'client, host, broker and storage share the machine; goal: canary and shadow cost at most a quarter of the rate',
      ],
    };
  } finally {
    await app.close();
    await stack.stop();
  }
}

/** The model's rows, each from many accounts. */
async function bodiesOf({ rows, contractFile }: ScoringStack): Promise<string[]> {
  const contract = parseContract(JSON.parse(await readFile(contractFile, 'utf8')));
  const entity = contract.columns.find(({ role }) => role === 'entity')?.name;
  if (entity === undefined) throw new Error('The model has no entity to assign by');
  return Array.from({ length: ACCOUNTS }, (_, index) =>
    JSON.stringify({ transaction: { ...rows[index % rows.length], [entity]: `account-${index}` } }),
  );
}

async function route(
  app: App,
  model: string,
  candidate: string,
  { percent, shadow }: Routing,
): Promise<void> {
  const stamp = { at: new Date(), by: PROMOTION };
  const validUntil = new Date(Date.now() + 3_600_000);
  const change = async (transition: Transition): Promise<number> => {
    const { kind, traffic } = await app.registry.changeTraffic(model, transition);
    if (kind === 'refused') throw new Error('The traffic could not be changed');
    return traffic.row.claim?.epoch ?? 0;
  };
  const epoch = await change(claim({ promotionId: PROMOTION, candidate, validUntil }, stamp));
  const fence = { promotionId: PROMOTION, epoch };
  if (percent === 0 && !shadow) await change(returnTraffic(fence, stamp));
  else await change(setStep(fence, { step: 1, percent, shadow, validUntil }, stamp));
}

const replySchema = z.object({ version: z.string() });

/** @throws Error where the traffic does not go as it should */
async function checkRouted(
  { app }: ScoringStack,
  bodies: readonly string[],
  candidate: string,
  { name, percent }: Routing,
): Promise<void> {
  const asked = bodies.slice(0, 200).map(async (body) => {
    const headers = { 'content-type': 'application/json' };
    const reply = await fetch(`http://127.0.0.1:${app.port}/api/score`, { method: 'POST', headers, body });
    return replySchema.parse(await reply.json()).version;
  });
  const share = (await Promise.all(asked)).filter((version) => version === candidate).length / asked.length;
  if (Math.abs(share - percent / 100) > 0.15)
    throw new Error(`${name}: the candidate has ${share * 100} % of the traffic`);
}
