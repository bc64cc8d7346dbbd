import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { trainingEnded, trainingStarted } from '../../../shared/lineage/events.ts';
import { LineageLog, type LineageParts } from '../../../shared/lineage/lineage-log.ts';
import { eventPoster } from '../../../shared/lineage/post-event.ts';
import { runEventSchema } from '../../../shared/lineage/run-event.ts';
import { runId } from './recorded.ts';

const run = { model: 'fraud', runId, learner: 'random_forest', params: {}, seed: 0, split: 'modulo:5:4' };
const at = new Date('2026-03-02T05:00:00Z');
const event = trainingStarted(run, at);

let close: (() => Promise<void>) | undefined;
afterEach(async () => {
  await close?.();
  close = undefined;
});

async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  close = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port');
  return `http://127.0.0.1:${address.port}/api/v1/lineage`;
}

function logTo(post?: LineageParts['post']) {
  const stored = new Map<string, object>();
  const reported: string[] = [];
  const unused = () => Promise.reject(new Error('not for events'));
  const log = new LineageLog({
    documents: {
      read: async (model, id) => {
        const value = await Promise.resolve(stored.get(`${model}/${id}`));
        return value && { value, etag: '1' };
      },
      create: async (model, id, value) => {
        const key = `${model}/${id}`;
        if (stored.has(key)) return undefined;
        stored.set(key, value);
        return Promise.resolve({ value, etag: '1' });
      },
      replace: unused,
      listDescending: unused,
      acrossModels: unused,
    },
    post,
    report: (message, error) => reported.push(`${message}: ${String(error)}`),
  });
  return { log, stored, reported };
}

describe('recorded run events', () => {
  it('are stored once and posted once, however often they are recorded', async () => {
    const bodies: unknown[] = [];
    const url = await serve((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (piece: string) => (body += piece));
      request.on('end', () => {
        bodies.push(JSON.parse(body));
        response.writeHead(201).end('{}');
      });
    });
    const { log, stored, reported } = logTo(eventPoster(url));
    await log.record('fraud', [event]);
    await log.record('fraud', [event]);
    expect([...stored.keys()]).toEqual([`fraud/run:${runId}:START`]);
    expect(bodies.map((body) => runEventSchema.parse(body))).toEqual([event]);
    expect(reported).toEqual([]);
    expect(await log.eventsOf('fraud', runId)).toEqual([event]);
    expect(await log.eventsOf('other', runId)).toEqual([]);
  });

  it('end a run once: the first of those that end it stands', async () => {
    const { log } = logTo();
    const [failed, stopped] = [
      trainingEnded(run, 'FAIL', 'no rows', at),
      trainingEnded(run, 'ABORT', 'no', at),
    ];
    await log.record('fraud', [event, failed]);
    await Promise.all([log.record('fraud', [event, stopped]), log.record('fraud', [event, failed])]);
    expect(await log.eventsOf('fraud', runId)).toEqual([event, failed]);
  });

  it('are stored where the service refuses them or does not answer, which is reported', async () => {
    const refusing = logTo(eventPoster(await serve((_, response) => response.writeHead(500).end())));
    await refusing.log.record('fraud', [event]);
    expect(refusing.stored.size).toBe(1);
    expect(refusing.reported).toEqual([expect.stringContaining('it answered 500')]);
    await close?.();
    const silent = logTo(eventPoster(await serve(() => undefined), 50));
    await silent.log.record('fraud', [event]);
    expect(silent.stored.size).toBe(1);
    expect(silent.reported).toEqual([expect.stringContaining(`did not take the START of run ${runId}`)]);
  });
});
