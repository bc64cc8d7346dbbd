import { z } from 'zod';
import type { ModelDefinition } from '../shared/features/definition.ts';
import { learnerOf } from '../shared/training/learners.ts';
import { chosenFit, type TrainOptions } from './train-run/options.ts';

/**
 * What is wrong with the parameters of `--params`, a line for each, with its path as a JSON Pointer; undefined where
 * the learner that they are for takes them.
 */
export function paramsFault(
  definition: Pick<ModelDefinition, 'learner'>,
  options: Pick<TrainOptions, 'learner' | 'params'>,
): string | undefined {
  const learner = options.learner ?? definition.learner?.learner ?? 'gradient_boosting';
  try {
    chosenFit(definition, options);
    return undefined;
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    const given = new Map<string, unknown>(Object.entries(options.params ?? {}));
    const known = Object.keys(learnerOf(learner).parseParams({})).join(', ');
    const lines = error.issues.flatMap((issue) => linesOf(issue, given, known));
    return `--params does not fit ${learner}:\n${lines.join('\n')}`;
  }
}

function linesOf(issue: z.core.$ZodIssue, given: ReadonlyMap<string, unknown>, known: string): string[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => `  ${pointer([key])}: there is no such parameter; there are ${known}`);
  const value = given.get(String(issue.path[0]));
  return [`  ${pointer(issue.path)}: ${messageOf(issue)}; it is ${JSON.stringify(value)}`];
}

/** A union's own message does not say what would do. */
function messageOf(issue: z.core.$ZodIssue): string {
  if (issue.code !== 'invalid_union') return issue.message;
  return issue.errors.map((one) => one.map(({ message }) => message).join(', ')).join('; or ');
}

function pointer(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
