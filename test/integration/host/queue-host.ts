import { startHost } from '../../../local/host/host.ts';
import type { IndexedFunction, TriggerDriver } from '../../../local/host/trigger-driver.ts';

/** A host with a driver of its own: messages from the parent process are the queue. */

const [appDirectory = '', stateDirectory = ''] = process.argv.slice(2);
process.env['QUEUE'] = 'incoming';

const host = await startHost({
  appDirectory,
  stateDirectory,
  port: 0,
  conversion: 'direct',
  environment: process.env,
  drivers: [
    (services): TriggerDriver => {
      let target: IndexedFunction | undefined;
      services.mount('/runtime/webhooks/queue', (_request, response) => {
        response.end('queue webhook');
      });
      return {
        triggers: ['queuetrigger'],
        inputs: [
          { types: ['clock'], provide: ({ name }) => ({ json: JSON.stringify({ [name ?? '']: 'noon' }) }) },
        ],
        outputs: ['queue'],
        add: (added) => {
          target = added;
          return `queue ${String(added.trigger['queueName'])}`;
        },
        start: () => {
          process.on('message', (message) => {
            if (target === undefined) return;
            const triggerMetadata = { DequeueCount: { int: 1 }, Properties: { json: '{"Some":{"Key":1}}' } };
            services.invoke(target, { data: { string: JSON.stringify(message) }, triggerMetadata }).then(
              (response) => process.send?.({ returned: response.returnValue }),
              (error: unknown) => process.send?.({ failed: String(error) }),
            );
          });
        },
        stop: async () => {
          await Promise.resolve();
        },
      };
    },
  ],
});
process.send?.({ port: host.port, functions: host.functions, problems: host.problems });
process.once('disconnect', () => {
  host.stop().then(
    () => process.exit(0),
    () => process.exit(1),
  );
});
