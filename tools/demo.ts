import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { localSettings } from './app-settings.ts';
import { commandLine, run, wholeNumber } from './command-line.ts';
import { Commands } from './demo/commands.ts';
import { QUICK_PLAN, tellStory } from './demo/story.ts';
import { TollgateApi } from './demo/tollgate-api.ts';
import { startReceiver } from './demo/webhook.ts';
import { StackProcess } from './stack-process.ts';

await run(
  commandLine('demo', 'Tells the story of a model whose world changes, in under three minutes.')
    .option('--port <n>', 'where the dashboard is', wholeNumber(0, 65_535), 7071)
    .option('--keep', 'goes on serving afterwards, until Ctrl-C')
    .addHelpText('after', '\nA stack of its own in a temporary folder: no other one is touched.')
    .action(async ({ port, keep }: { port: number; keep?: boolean }) => {
      const { DEFAULT_MODEL: model } = await localSettings();
      const started = performance.now();
      const say = (line: string) => console.log(line);
      const chapter = (title: string) =>
        console.log(`\n[${Math.round((performance.now() - started) / 1_000)} s] ${title}`);
      const home = await mkdtemp(join(tmpdir(), 'tollgate-demo-'));
      const webhook = await startReceiver(({ data: { state, title } }) =>
        say(`  ▸ webhook: ${state === 'resolved' ? 'resolved: ' : ''}${title}`),
      );
      chapter('A stack of its own starts, and trains its first version');
      const stack = new StackProcess(home, {
        PORT: String(port),
        ALERT_WEBHOOK_URL: webhook.url,
        ALERT_FORMAT: 'cloudevents',
        RETRAIN_ON_DRIFT: 'true',
        RETRAIN_PLAN: JSON.stringify(QUICK_PLAN),
      });
      const commands = new Commands(home, say);
      const interrupted = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
      try {
        const story = (async () => {
          const { http } = await stack.ready;
          say(`Open the dashboard: ${http}/dashboard`);
          await tellStory({ model, api: new TollgateApi(http, model), commands, webhook, chapter, say });
          chapter('The end');
        })();
        await Promise.race([story, interrupted]);
        if (keep === true) await interrupted;
      } finally {
        commands.stopAll();
        await stack.stop();
        webhook.close();
        await rm(home, { recursive: true, force: true });
      }
    }),
);
