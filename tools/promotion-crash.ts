import { runCrashCommand } from './crash-command.ts';
import { crashPromotions } from './promotion-crash-run.ts';

await runCrashCommand({
  name: 'promotion:crash',
  description:
    'Kills a whole stack at random moments of running promotions, starts it again each time, and checks its state.',
  kills: { description: 'how often the stack is killed', usually: 20 },
  crash: crashPromotions,
});
