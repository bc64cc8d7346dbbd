import { appendFileSync, readFileSync } from 'node:fs';
import * as df from 'durable-functions';
import { z } from 'zod';
import { ORCHESTRATORS } from './orchestrators.ts';

/** The app of the crash test. Its activities leave a line in CRASH_JOURNAL for every run, before they end. */

const journal = process.env['CRASH_JOURNAL'] ?? '';
const stepInput = z.object({ key: z.string(), value: z.number() });
const flakyInput = z.object({ key: z.string(), failures: z.number() });

/** A line is shorter than what the system appends at once: hosts that write at a time don't mix their lines. */
function note(key: string): void {
  appendFileSync(journal, `${key}\n`);
}

for (const [name, handler] of Object.entries(ORCHESTRATORS)) df.app.orchestration(name, handler);

df.app.activity('step', {
  handler: (input: unknown) => {
    const { key, value } = stepInput.parse(input);
    note(key);
    return value;
  },
});

df.app.activity('flaky', {
  handler: (input: unknown) => {
    const { key, failures } = flakyInput.parse(input);
    note(key);
    const runs = readFileSync(journal, 'utf8')
      .split('\n')
      .filter((line) => line === key).length;
    if (runs <= failures) throw new Error(`run ${runs} of ${key} fails`);
    return 'succeeded';
  },
});

df.app.entity<number>('tally', (context) => {
  const value = (context.df.getState(() => 0) ?? 0) + (context.df.getInput<number>() ?? 0);
  context.df.setState(value);
  context.df.return(value);
});
