import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { messageOf } from '../shared/failure.ts';

/** Exit codes of every command; `drifted` is only used where that was asked for. */
export const EXIT = { done: 0, failed: 1, usage: 2, drifted: 3 } as const;

/** A command of `npm run …`: `--help`, exit code 2 on wrong usage, and no stack trace for what a user can mend. */
export function commandLine(name: string, description: string): Command {
  return new Command(name === 'start' || name === 'test' ? `npm ${name} --` : `npm run ${name} --`)
    .description(description)
    .helpOption('--help', 'show this text')
    .showHelpAfterError('(--help lists the options)')
    .allowExcessArguments(false)
    .exitOverride();
}

/** Runs a command and ends the process with its exit code. Errors are told on standard error. */
export async function run(command: Command): Promise<void> {
  try {
    await command.parseAsync();
  } catch (error) {
    if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? EXIT.done : EXIT.usage);
    console.error(process.env['LOG_LEVEL'] === 'debug' ? error : `Error: ${messageOf(error)}`);
    process.exitCode = EXIT.failed;
  }
}

/** An option's value as a whole number of at least `least` and at most `most`. */
export function wholeNumber(least: number, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < least || value > most) {
      const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
      throw new InvalidArgumentError(`It has to be a whole number ${range}.`);
    }
    return value;
  };
}

/** Makes an option's parser from a function that throws on a wrong value. */
export function parsedBy<T>(parse: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return parse(text);
    } catch (error) {
      throw new InvalidArgumentError(messageOf(error));
    }
  };
}
