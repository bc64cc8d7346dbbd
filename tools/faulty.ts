import { readFile } from 'node:fs/promises';
import { Option } from 'commander';
import type { App } from '../shared/app.ts';
import type { CompiledContract } from '../shared/features/compile.ts';
import { newestDataset, readDataset } from '../shared/training/dataset-store.ts';
import { readLabelledRows } from '../shared/training/labelled-rows.ts';
import { commandLine, run } from './command-line.ts';
import { type Fault, FAULTS, registerFaulty } from './faulty-version.ts';
import { readDefinition } from './model-folders.ts';
import { numberBetween } from './number-option.ts';
import { connect, stackEndpoints } from './stack-connection.ts';

interface Options {
  readonly model: string;
  readonly kind: Fault['kind'];
  readonly share: number;
  readonly factor?: number;
  readonly file?: string;
}

await run(
  commandLine('faulty', 'Registers a version that is the champion with a fault, to see it rolled back.')
    .requiredOption('--model <name>', 'the model: a folder of models/')
    .addOption(new Option('--kind <fault>', 'what is wrong with it').choices(FAULTS).makeOptionMandatory())
    .option('--share <share>', 'throws: on which share of the rows', numberBetween(0.0001, 0.5), 0.03)
    .option(
      '--factor <n>',
      'slow: how many times as slow (default: 3); blocks: how many times as often (default: 2)',
      numberBetween(1, 100),
    )
    .option('--file <path>', 'a .csv of the rows that will be scored (default: the newest data set version)')
    .action(async ({ model, kind, share, factor, file }: Options) => {
      const app = await connect(await stackEndpoints(), model);
      try {
        const definition = await readDefinition(model);
        const bytes = file === undefined ? await newestRows(app, model) : await readFile(file);
        const delimiter = definition.defaultFile?.delimiter ?? ',';
        const rows = (contract: CompiledContract) => readLabelledRows(contract, bytes, delimiter).rows;
        const { figures, ...registered } = await registerFaulty(
          app,
          model,
          faultOf(kind, share, factor),
          rows,
        );
        console.log(JSON.stringify({ model, ...registered, state: 'registered', kind, ...figures }));
      } finally {
        await app.close();
      }
    }),
);

async function newestRows(app: App, model: string): Promise<Uint8Array> {
  const dataset = await newestDataset(app.registry, model);
  if (dataset === undefined)
    throw new Error(`'${model}' has no data set version to take rows from: name a file with --file`);
  return readDataset(app.datasets, dataset);
}

function faultOf(kind: Fault['kind'], share: number, factor: number | undefined): Fault {
  switch (kind) {
    case 'throws':
      return { kind, share };
    case 'slow':
      return { kind, factor: factor ?? 3 };
    case 'blocks':
      return { kind, factor: factor ?? 2 };
  }
}
