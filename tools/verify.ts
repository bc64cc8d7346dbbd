import type { App } from '../shared/app.ts';
import { versionSchema } from '../shared/registry/rows.ts';
import { TOLERANCE, type Verification, verifyVersion } from '../shared/training/verify-version.ts';
import { commandLine, EXIT, parsedBy, run } from './command-line.ts';
import { connect, stackEndpoints } from './stack-connection.ts';

export interface VerifyOptions {
  readonly model: string;
  readonly version: string;
  readonly refit?: true;
  readonly tolerance?: number;
}

/** Verifies a version of the stack. @throws Error where it is not registered */
export async function verify(app: App, options: VerifyOptions): Promise<Verification> {
  const { model, version, tolerance = TOLERANCE } = options;
  const row = await app.registry.version(model, version);
  if (row === undefined) throw new Error(`Version ${version} of '${model}' is not registered`);
  return verifyVersion(app, row, { refit: options.refit === true, tolerance });
}

if (import.meta.main) {
  const command = commandLine('verify', "Checks a version's files and reproduces its recorded evaluation.")
    .requiredOption('--model <name>', 'the model')
    .requiredOption('--version <version>', 'the version', parsedBy(versionOf))
    .option('--refit', 'also fits the model again, and compares')
    .option(
      '--tolerance <number>',
      `the largest relative difference of a number (default: ${TOLERANCE})`,
      parsedBy(toleranceOf),
    )
    .action(async (options: VerifyOptions) => {
      const app = await connect(await stackEndpoints(), options.model);
      const result = await verify(app, options);
      for (const problem of result.problems) console.error(problem);
      const { compared = 0, exact = 0 } = result.evaluation ?? {};
      console.error(
        result.verified
          ? `Version ${result.version} of '${result.model}' is reproduced: ${result.files} files, ${compared} values, ${exact} of them to the last bit`
          : `Version ${result.version} of '${result.model}' is NOT reproduced`,
      );
      console.log(JSON.stringify(result));
      if (!result.verified) process.exitCode = EXIT.failed;
    });
  await run(command);
}

function versionOf(text: string): string {
  const found = versionSchema.safeParse(text);
  if (found.success) return found.data;
  throw new Error('It has to be a version, such as 3.');
}

function toleranceOf(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && Number.isFinite(value)) return value;
  throw new Error('It has to be a number of at least 0.');
}
