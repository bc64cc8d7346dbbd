import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { type Cell, csvLine } from '../shared/training/write-csv.ts';
import { generatorPath } from './model-folders.ts';

/** What every generator takes; a generator's own switches add fields, named after the flag in camel case. */
export interface GenerateRequest {
  readonly rows: number;
  readonly seed: number;
  /** The window of the event times: epoch milliseconds, `to` excluded; the generator's own by default. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly accounts?: number | undefined;
  /** What `parseDrift` made of the drift switches. */
  readonly drift?: readonly unknown[];
  readonly [option: string]: unknown;
}

/** What a model's `generate.ts` exports. */
export interface RowGenerator {
  readonly columns: readonly string[];
  readonly generate: (request: GenerateRequest) => Iterable<{ readonly row: Readonly<Record<string, Cell>> }>;
  /** Throws a RangeError for a switch that it does not know. */
  readonly parseDrift: (text: string) => unknown;
  readonly driftGrammar: string;
  readonly switches: readonly {
    readonly flags: string;
    readonly description: string;
    readonly parse: (text: string) => unknown;
  }[];
}

const aFunction = z.custom<(...given: never[]) => unknown>(
  (value) => typeof value === 'function',
  'must be a function',
);
const moduleSchema = z.custom<RowGenerator>((value) => shape.safeParse(value).success);
const shape = z.object({
  columns: z.array(z.string()).min(1),
  generate: aFunction,
  parseDrift: aFunction,
  driftGrammar: z.string(),
  switches: z.array(z.object({ flags: z.string(), description: z.string(), parse: aFunction })),
});

/**
 * The generator of a model, or undefined where its folder has none.
 * @throws Error where its module does not export what a generator has to
 */
export async function loadGenerator(model: string): Promise<RowGenerator | undefined> {
  const path = await generatorPath(model);
  if (path === undefined) return undefined;
  const loaded: unknown = await import(pathToFileURL(path).href);
  const parsed = moduleSchema.safeParse(loaded);
  if (!parsed.success) throw new Error(`models/${model}/generate.ts does not export what a generator has to`);
  return parsed.data;
}

/** Generated rows as CSV, a line at a time, the header first. */
export function* generatedCsv(generator: RowGenerator, request: GenerateRequest): Generator<string> {
  yield csvLine(generator.columns);
  for (const { row } of generator.generate(request)) {
    yield csvLine(generator.columns.map((column) => row[column]));
  }
}
