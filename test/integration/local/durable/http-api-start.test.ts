import { describe, expect, it } from 'vitest';
import { EVENT } from '../../../../local/durable/history.ts';
import { startOrchestration } from '../../../../local/durable/api/start-orchestration.ts';
import { ApiServer, HUB, KEY } from './api-server.ts';
import { json, serverOfTest, status } from './http-api-calls.ts';

const server = serverOfTest();

describe('a start', () => {
  it('answers where to ask for the instance', async () => {
    const response = await server().post('orchestrators/Hello/one?code=x', '1');
    const base = `${server().origin}/runtime/webhooks/durabletask/instances/one`;
    const query = `taskHub=${HUB}&connection=Storage&code=${encodeURIComponent(KEY)}`;
    expect(response.status).toBe(202);
    expect(response.headers.get('location')).toBe(`${base}?${query}`);
    expect(response.headers.get('retry-after')).toBe('10');
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(await response.json()).toEqual({
      id: 'one',
      statusQueryGetUri: `${base}?${query}`,
      sendEventPostUri: `${base}/raiseEvent/{eventName}?${query}`,
      terminatePostUri: `${base}/terminate?reason={text}&${query}`,
      purgeHistoryDeleteUri: `${base}?${query}`,
      restartPostUri: `${base}/restart?${query}`,
      suspendPostUri: `${base}/suspend?reason={text}&${query}`,
      resumePostUri: `${base}/resume?reason={text}&${query}`,
    });
  });

  it('without a body has no input, and one that is no JSON is refused', async () => {
    await server().post('orchestrators/Hello/none', '');
    expect(server().store.find('none')?.input).toBeNull();
    const response = await server().post('orchestrators/Hello/bad', '{"a":');
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ Message: 'Invalid JSON content' });
    expect(server().store.find('bad')).toBeUndefined();
  });

  it.each(['a%5Cb', 'a%23b', 'a%3Fb', 'a%2Fb', 'a%07b', 'a%C2%85b', '%40a'])(
    'refuses the id %s',
    async (id) => {
      expect(await status(server().post(`orchestrators/Hello/${id}`, '1'))).toBe(400);
    },
  );

  it('decodes an id once', async () => {
    await server().post('orchestrators/Hello/50%25%20done', '1');
    expect(server().store.find('50% done')).toBeDefined();
    expect(await status(server().post('orchestrators/Hello/50%', '1'))).toBe(400);
  });

  it('is told to both of two at the same moment, and one instance runs', async () => {
    const start = (input: string) =>
      startOrchestration(server().context, { name: 'Hello', instanceId: 'same', input, version: undefined });
    expect(await Promise.all([start('1'), start('2')])).toEqual(['same', 'same']);
    expect(server().inbox('same')).toMatchObject([{ EventType: EVENT.executionStarted, Input: '1' }]);
    expect(await status(server().post('orchestrators/Hello/same', '3'))).toBe(409);
    server().move('same', { status: 'Completed' });
    await Promise.all([start('4'), start('5')]);
    expect(server().inbox('same')).toMatchObject([{ EventType: EVENT.executionStarted, Input: '4' }]);
  });

  it('takes the version of host.json where the caller names none', async () => {
    const versioned = await ApiServer.start({ defaultVersion: '2.0.0' });
    await versioned.post('orchestrators/Hello/a', '1');
    await versioned.post('orchestrators/Hello/b?version=1.0.0', '1');
    expect(['a', 'b'].map((id) => versioned.store.find(id)?.version)).toEqual(['2.0.0', '1.0.0']);
    await versioned.stop();
  });

  it('takes the place of a running instance only where host.json says so', async () => {
    const any = await ApiServer.start({ overridableExistingInstanceStates: 'AnyState' });
    await any.instance('id');
    expect(await status(any.post('orchestrators/Second/id', '1'))).toBe(202);
    expect(any.store.find('id')).toMatchObject({ name: 'Second', status: 'Pending' });
    await any.stop();
  });

  it('waits for the end where the caller asks for it', async () => {
    const waiting = server().post('orchestrators/Hello/w?timeout=20&pollingInterval=0.01', '1');
    await expect.poll(() => server().store.find('w'), { interval: 5 }).toBeDefined();
    server().move('w', { status: 'Completed', output: '"result"' });
    expect(await json(waiting)).toBe('result');
    const late = await server().post('orchestrators/Hello/l?timeout=0.03&pollingInterval=0.01', '1');
    expect([late.status, await late.json()]).toMatchObject([202, { id: 'l' }]);
    expect(await status(server().post('orchestrators/Hello/x?timeout=1&pollingInterval=2', '1'))).toBe(400);
  });
});

describe('a restart', () => {
  it('starts the function again with the same input, under a new id or the old one', async () => {
    await server().instance('done', { status: 'Completed' });
    const { id } = Object(await json(server().post('instances/done/restart')));
    expect(server().store.find(String(id))).toMatchObject({
      name: 'Hello',
      input: '{"a":1}',
      status: 'Pending',
    });
    expect(id).not.toBe('done');
    await server().post('instances/done/restart?restartWithNewInstanceId=false');
    expect(server().store.find('done')).toMatchObject({ status: 'Pending', input: '{"a":1}' });
    const again = server().post('instances/done/restart?restartWithNewInstanceId=false');
    expect(await status(again)).toBe(409);
    expect(await json(server().post('instances/nobody/restart'))).toMatchObject({
      Message: 'InstanceId does not match a valid orchestration instance.',
    });
  });
});
