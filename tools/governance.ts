import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type App, buildApp } from '../shared/app.ts';
import { parseTimestamp } from '../shared/features/timestamp.ts';
import { commandLine, parsedBy, run } from './command-line.ts';
import { collectReport } from './governance/collect.ts';
import { governancePage } from './governance/page.ts';
import { serviceSettings } from './stack-connection.ts';

const optionsSchema = z.object({
  model: z.string(),
  from: z.number().optional(),
  to: z.number().optional(),
  out: z.string(),
});

const command = commandLine('governance', 'Writes one HTML and one JSON report of a model for auditors.')
  .requiredOption('--model <name>', 'the model')
  .option('--from <time>', 'the start, such as 2026-01-01 (default: its first version)', parsedBy(timeOf))
  .option('--to <time>', 'the end, which is not part of it (default: now)', parsedBy(timeOf))
  .option('--out <folder>', 'where to write governance-{model}.html and .json', '.')
  .addHelpText(
    'after',
    '\nThe services are those that the environment names as it does for the app (STORAGE_ACCOUNT_NAME, COSMOS_ENDPOINT,\n' +
      'EVENTHUBS_CONNECTION__fullyQualifiedNamespace, or their connection strings); otherwise those of the stack in TOLLGATE_HOME.',
  )
  .action(async () => {
    const { model, from, to, out } = optionsSchema.parse(command.opts());
    const now = new Date();
    const end = to ?? now.getTime();
    if (from !== undefined && from >= end) command.error('error: --from is not before --to');
    const app = await buildApp(await serviceSettings());
    const report = await reportOf(app, model, { from, to: end }, now);
    await mkdir(out, { recursive: true });
    const [html, json] = ['html', 'json'].map((form) => join(out, `governance-${model}.${form}`));
    await writeFile(html!, await governancePage(report));
    await writeFile(json!, `${JSON.stringify(report, undefined, 2)}\n`);
    for (const { about, text } of report.gaps) console.error(`${about}: ${text}`);
    const { versions, promotions, drift, gaps } = report;
    console.log(
      JSON.stringify({
        model,
        from: report.from,
        to: report.to,
        versions: versions.length,
        promotions: promotions.length,
        driftReports: drift.length,
        gaps: gaps.length,
        html,
        json,
      }),
    );
  });

await run(command);

async function reportOf(app: App, ...asked: [string, { from: number | undefined; to: number }, Date]) {
  try {
    return await collectReport(app, ...asked);
  } finally {
    await app.close();
  }
}

function timeOf(text: string): number {
  const time = parseTimestamp(text);
  if (Number.isNaN(time))
    throw new Error('It has to be a date or a time by ISO 8601; without an offset it is UTC.');
  return time;
}
