import { describe, expect, it } from 'vitest';
import { appOfFile, ended, post, running } from './client-calls.ts';

const app = appOfFile();

describe('an event', () => {
  it('is 202 for a running instance, 404 for none, 410 for an ended one', async () => {
    const id = await running(app());
    expect((await post(app(), `instances/${id}/raiseEvent/other`, '1')).status).toBe(202);
    expect((await post(app(), 'instances/unknown/raiseEvent/go', '1')).status).toBe(404);
    await expect(app().call('raiseEvent', 'unknown', 'go', 1)).rejects.toThrow(
      "No instance with ID 'unknown'",
    );
    const over = await ended(app());
    expect((await post(app(), `instances/${over}/raiseEvent/go`, '1')).status).toBe(410);
    await app().call('raiseEvent', over, 'go', 1);
  });

  it('without data, and one that is no JSON, is refused', async () => {
    const id = await running(app());
    await expect(app().call('raiseEvent', id, 'go')).rejects.toThrow('status code: 400');
    expect((await post(app(), `instances/${id}/raiseEvent/go`, '{')).status).toBe(400);
    const text = await app().api(`instances/${id}/raiseEvent/go`, { method: 'POST', body: 'plain' });
    expect(text.status).toBe(400);
  });
});

describe('terminating', () => {
  it('ends an instance with the reason as its output', async () => {
    const id = await running(app());
    await app().call('terminate', id, 'no longer needed');
    expect(await app().ended(id)).toMatchObject({ runtimeStatus: 'Terminated', output: 'no longer needed' });
  });

  it('is 404 for none and 410 for an ended one', async () => {
    expect((await post(app(), 'instances/unknown/terminate?reason=x')).status).toBe(404);
    expect((await post(app(), `instances/${await ended(app())}/terminate?reason=x`)).status).toBe(410);
  });

  it('lets a reason be cut at an ampersand, which the library does not encode', async () => {
    const id = await running(app());
    await app().call('terminate', id, 'a&b');
    expect(await app().ended(id)).toMatchObject({ output: 'a' });
  });
});

describe('suspending', () => {
  it('holds an instance and its events, until it is resumed', async () => {
    const id = await running(app(), 'stages');
    await app().call('suspend', id, 'a pause');
    await app().until(id, ({ runtimeStatus }) => runtimeStatus === 'Suspended');
    expect((await app().api(`instances/${id}`)).status).toBe(202);
    for (const number of [1, 2, 3]) await app().call('raiseEvent', id, 'next', number);
    // Also on Azure the orchestrator is shown events that wait: so far it gets, and no further.
    const held = await app().until(id, ({ customStatus }) => JSON.stringify(customStatus).includes('three'));
    expect(held.runtimeStatus).toBe('Suspended');
    await app().call('resume', id, 'on with it');
    expect(await app().output(id)).toBe('done');
  });

  it('can be ended by terminating', async () => {
    const id = await running(app());
    await app().call('suspend', id, 'a pause');
    await app().until(id, ({ runtimeStatus }) => runtimeStatus === 'Suspended');
    await app().call('terminate', id, 'enough');
    expect(await app().ended(id)).toMatchObject({ runtimeStatus: 'Terminated' });
  });

  it('is 404 for none and 410 for an ended one, as is resuming', async () => {
    const over = await ended(app());
    for (const operation of ['suspend', 'resume']) {
      expect((await post(app(), `instances/unknown/${operation}?reason=x`)).status).toBe(404);
      expect((await post(app(), `instances/${over}/${operation}?reason=x`)).status).toBe(410);
    }
  });
});

describe('rewinding', () => {
  it('is refused in words', async () => {
    const id = await app().start('throwing');
    await app().ended(id);
    await expect(app().call('rewind', id, 'try again')).rejects.toThrow(/not supported/);
    await expect(app().call('rewind', 'unknown', 'try again')).rejects.toThrow(/unknown|not find/i);
    await expect(app().call('rewind', await running(app()), 'try again')).rejects.toThrow(/rewind/i);
  });
});

describe('purging', () => {
  it('forgets an ended instance with its history', async () => {
    const id = await ended(app());
    expect(await app().call('purgeInstanceHistory', id)).toEqual({ instancesDeleted: 1 });
    expect((await app().api(`instances/${id}`)).status).toBe(404);
    expect(await app().call('purgeInstanceHistory', id)).toEqual({ instancesDeleted: 0 });
  });

  it('forgets those of a time and a status', async () => {
    const from = new Date(Date.now() - 1_000).toISOString();
    const [done, failed, open] = [await ended(app()), await app().start('throwing'), await running(app())];
    await app().ended(failed);
    const purged = await app().call('purgeInstanceHistoryBy', {
      createdTimeFrom: from,
      runtimeStatus: ['Failed'],
    });
    expect(purged).toEqual({ instancesDeleted: expect.any(Number) });
    const codes = await Promise.all(
      [done, failed, open].map(async (id) => (await app().api(`instances/${id}`)).status),
    );
    expect(codes).toEqual([200, 404, 202]);
  });

  it('asks for a beginning of the time', async () => {
    const response = await app().api('instances?runtimeStatus=Failed', { method: 'DELETE' });
    expect(response.status).toBe(400);
  });
});
