import { runCrashCommand } from './crash-command.ts';
import { crashRetrains } from './retrain-crash-run.ts';

await runCrashCommand({
  name: 'retrain:crash',
  description:
    'Kills a stack in each activity of a retrain, starts it again each time, and checks that one version comes of it.',
  kills: { description: 'how often the stack, or its host, is killed', usually: 12 },
  crash: crashRetrains,
});
