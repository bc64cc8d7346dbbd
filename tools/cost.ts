import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { commandLine, run } from './command-line.ts';
import { PRODUCTION } from './cost/model.ts';
import { ASSUMED_PRICES } from './cost/prices.ts';
import { costTable, RATES } from './cost/table.ts';
import { numberBetween } from './number-option.ts';

const optionsSchema = z.object({
  requestsPerSecond: z.number().optional(),
  prices: z.string().optional(),
  deployment: z.string().optional(),
});

const command = commandLine(
  'cost',
  'Prints a model of the monthly bill in Azure, by traffic, as a Markdown table.',
)
  .option('--requests-per-second <n>', 'one row, for this mean rate', numberBetween(0.0001, 1e6))
  .option('--prices <file>', 'JSON with unit prices in place of the assumed ones')
  .option('--deployment <file>', 'JSON with what is different about your deployment')
  .action(async () => {
    const { requestsPerSecond, prices, deployment } = optionsSchema.parse(command.opts());
    const rates = requestsPerSecond === undefined ? RATES : [requestsPerSecond];
    const table = costTable(
      rates,
      await changed(PRODUCTION, deployment),
      await changed<Record<keyof typeof ASSUMED_PRICES, number>>(ASSUMED_PRICES, prices),
    );
    process.stdout.write(table);
  });

/** Numbers with those of a file in their place. @throws Error naming what the file gives and nobody asks for */
async function changed<T extends { readonly [name in keyof T]: number }>(
  numbers: T,
  file: string | undefined,
): Promise<T> {
  if (file === undefined) return numbers;
  const given = z
    .record(z.string(), z.number().nonnegative())
    .parse(JSON.parse(await readFile(file, 'utf8')));
  const unknown = Object.keys(given).filter((name) => !(name in numbers));
  if (unknown.length > 0) throw new Error(`${file} gives what nobody asks for: ${unknown.join(', ')}`);
  return { ...numbers, ...given };
}

await run(command);
