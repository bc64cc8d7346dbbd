import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { Option } from 'commander';
import { z } from 'zod';
import { functionsOf, GROUPS } from '../shared/access/groups.ts';
import { credentialFor } from '../shared/azure/identity.ts';
import { commandLine, run } from './command-line.ts';
import { FunctionKeys } from './rotate-keys/management.ts';
import { addKey, removeOldKeys } from './rotate-keys/rotate.ts';

const optionsSchema = z.object({
  subscription: z.string(),
  resourceGroup: z.string(),
  app: z.string(),
  group: z.enum(GROUPS).optional(),
  function: z.array(z.string()).min(1).optional(),
  add: z.boolean().default(false),
  removeOld: z.boolean().default(false),
  keyFile: z.string().optional(),
  managementUrl: z.url(),
});

const command = commandLine(
  'rotate-keys',
  "Rotates the keys of a deployed app's functions in two steps, between which the old and the new key are valid.",
)
  .requiredOption('--subscription <id>', 'the subscription')
  .requiredOption('--resource-group <name>', 'the resource group')
  .requiredOption('--app <name>', 'the function app')
  .addOption(
    new Option('--group <name>', 'the routes that have one key together (docs/security.md)').choices(GROUPS),
  )
  .option(
    '--function <names...>',
    'in place of a group: functions that have one key together, such as score labels',
  )
  .option('--add', 'first: give them a second key; the ones that they have stay valid')
  .option('--remove-old', 'then, once every caller has the new one: delete all others')
  .option('--key-file <path>', 'with --add: where to write the new key, for its owner only')
  .option('--management-url <url>', "Azure's management", 'https://management.azure.com')
  .addHelpText(
    'after',
    '\nSigns in as the Azure SDK does (az login, or the environment); AZURE_MANAGEMENT_TOKEN is used where it is set, such as\n' +
      '  AZURE_MANAGEMENT_TOKEN=$(az account get-access-token --query accessToken -o tsv)',
  )
  .action(async () => {
    const options = optionsSchema.parse(command.opts());
    const { add, removeOld, keyFile, group, managementUrl } = options;
    const names = group === undefined ? options.function : functionsOf(group);
    if (add === removeOld) command.error('error: name one of --add and --remove-old');
    if (names === undefined || (group !== undefined && options.function !== undefined))
      return command.error('error: name either --group or --function');
    if (add && keyFile === undefined) command.error('error: --add needs --key-file for the new key');
    const keys = new FunctionKeys({ endpoint: managementUrl, token: () => tokenFor(managementUrl) }, options);
    if (removeOld) {
      console.log(JSON.stringify({ removed: await removeOldKeys(keys, names) }));
      return;
    }
    const made = { value: randomBytes(40).toString('base64url'), at: new Date() };
    const { name, value, existing } = await addKey(keys, names, made);
    // A file of somebody else's is not written into: its mode would stay as it is.
    if (keyFile !== undefined) await writeFile(keyFile, `${value}\n`, { mode: 0o600, flag: 'wx' });
    console.error(
      `Both the old and the new key are valid now. Give callers the new one, then run --remove-old.`,
    );
    console.log(JSON.stringify({ added: name, existing, functions: names, keyFile }));
  });

async function tokenFor(managementUrl: string): Promise<string> {
  const given = process.env['AZURE_MANAGEMENT_TOKEN'];
  if (given !== undefined && given !== '') return given;
  const credential = await credentialFor(undefined);
  const found = await credential.getToken(`${managementUrl.replace(/\/$/, '')}/.default`);
  if (found === null) throw new Error('Azure gave no token: sign in with az login');
  return found.token;
}

await run(command);
