import { z } from 'zod';
import { call, eventually, expectJson, type SmokeRequest, type SmokeTarget } from './smoke-target.ts';

/** One thing that a deployed app has to do. */
export interface Check {
  readonly name: string;
  /** Checks that this one makes use of. */
  readonly needs: readonly string[];
  /** @returns what is worth saying about it @throws Error where the app does not do it */
  readonly run: () => Promise<string>;
}

/** A row that the model understands, as `POST /api/score` takes it. */
export type RowOf = (model: string) => Promise<Readonly<Record<string, unknown>>>;

/** An update stops old instances after new ones answer, so that one reply does not mean that all is new. */
const REPLIES_OF_THE_VERSION = 5;
const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

const live = z.object({ status: z.literal('live'), version: z.string().min(1) });
const ready = z.object({ status: z.literal('ready') });
const models = z.object({ items: z.array(z.object({ model: z.string(), isDefault: z.boolean() })) });
const traffic = z.object({
  champion: z.object({ version: z.string().regex(/^[1-9]\d*$/) }),
  canary: z.object({ version: z.string(), percent: z.number().min(0).max(100) }).nullable(),
  shadow: z.object({ version: z.string() }).nullable(),
});
const prediction = z.object({
  predictionId: z.string().regex(UUID_V7),
  model: z.string(),
  version: z.string(),
  variant: z.enum(['champion', 'canary']),
  score: z.number().min(0).max(1),
  decision: z.enum(['approve', 'review', 'block']),
});
const problem = z.object({
  type: z.string(),
  title: z.string().min(1),
  detail: z.string().min(1),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
});

/**
 * What a deployed app is tested for. The one prediction that is made names its version, so that it counts for neither
 * a canary nor drift; its label is marked as this test's.
 * @param expectVersion what `GET /api/health/live` has to state; any where it is undefined
 */
export function smokeChecks(target: SmokeTarget, expectVersion: string | undefined, rowOf: RowOf): Check[] {
  let model = '';
  let champion = '';
  let predictionId = '';
  const isVersion = async () => {
    const { version } = expectJson(await call(target, '/api/health/live', { as: 'nobody' }), 200, live);
    if (expectVersion !== undefined && version !== expectVersion) {
      throw new Error(`version ${version} answers and not ${expectVersion}`);
    }
    return version;
  };
  const refused = async (status: number, path: string, request: SmokeRequest) => {
    const reply = await call(target, path, request);
    const type = reply.headers.get('content-type') ?? '';
    const { title, errors } = expectJson(reply, status, problem.extend({ status: z.literal(status) }));
    if (!type.startsWith('application/problem+json')) throw new Error(`the problem is sent as '${type}'`);
    return { title, errors };
  };
  const checks: Check[] = [
    {
      name: 'live',
      needs: [],
      run: () =>
        eventually(target.waitMs, async () => {
          for (let replies = 1; replies < REPLIES_OF_THE_VERSION; replies++) await isVersion();
          return `version ${await isVersion()}`;
        }),
    },
    {
      name: 'ready',
      needs: ['live'],
      run: () =>
        eventually(target.waitMs, async () => {
          expectJson(await call(target, '/api/health/ready', { as: 'nobody' }), 200, ready);
          return 'the first score would succeed';
        }),
    },
    {
      name: 'traffic',
      needs: ['live'],
      run: async () => {
        const { items } = expectJson(await call(target, '/api/models'), 200, models);
        const found = items.find(({ isDefault }) => isDefault);
        if (found === undefined) throw new Error('no model is the default one');
        const row = expectJson(await call(target, `/api/models/${found.model}/traffic`), 200, traffic);
        model = found.model;
        champion = row.champion.version;
        const canary = row.canary === null ? '' : `, version ${row.canary.version} is its canary`;
        return `version ${champion} of '${model}' is the champion${canary}`;
      },
    },
    {
      name: 'score',
      needs: ['traffic'],
      run: async () => {
        const correlation = `smoke-${champion}`;
        const reply = await call(target, '/api/score', {
          as: 'score',
          headers: { 'x-correlation-id': correlation, 'x-tollgate-version': champion },
          body: { transaction: await rowOf(model) },
        });
        const scored = expectJson(reply, 200, prediction);
        if (scored.model !== model || scored.version !== champion) {
          throw new Error(`version ${scored.version} of '${scored.model}' has answered`);
        }
        if (reply.headers.get('x-correlation-id') !== correlation) {
          throw new Error('the correlation id does not come back');
        }
        predictionId = scored.predictionId;
        return `${scored.score} (${scored.decision})`;
      },
    },
    {
      name: 'label',
      needs: ['score'],
      run: async () => {
        const labels = [{ predictionId, label: 0, source: 'smoke' }];
        const reply = await call(target, '/api/labels', { as: 'score', body: { labels } });
        expectJson(reply, 202, z.object({ accepted: z.literal(1) }));
        return 'accepted';
      },
    },
    {
      name: 'record',
      needs: ['label'],
      run: () =>
        eventually(target.waitMs, async () => {
          const reply = await call(target, `/api/models/${model}/predictions/${predictionId}`);
          const event = z.object({ id: z.literal(predictionId) });
          expectJson(reply, 200, z.object({ event, label: z.object({ label: z.literal(0) }) }));
          return 'prediction and label are in the log';
        }),
    },
    {
      name: 'error 400',
      needs: ['live'],
      run: async () => {
        const { errors } = await refused(400, '/api/score', { as: 'score', body: { transaction: 1 } });
        if (errors?.some(({ path }) => path === '/transaction') !== true) {
          throw new Error('no error names /transaction');
        }
        return 'names the offending path';
      },
    },
    {
      name: 'error 404',
      needs: ['live'],
      run: async () => (await refused(404, '/api/models/there-is-no-such-model/traffic', {})).title,
    },
    {
      name: 'error 415',
      needs: ['live'],
      run: async () => {
        const text = { as: 'score', headers: { 'content-type': 'text/plain' }, body: 'hello' } as const;
        return (await refused(415, '/api/score', text)).title;
      },
    },
  ];
  if (target.key === undefined && target.token === undefined) return checks;
  const locked: Check = {
    name: 'error 401',
    needs: ['live'],
    run: async () => {
      const { status } = await call(target, '/api/score', { as: 'nobody', body: {} });
      if (status !== 401) throw new Error(`answered ${status} to a caller without a key or a token`);
      return 'nobody scores without a key or a token';
    },
  };
  return [...checks, locked];
}
