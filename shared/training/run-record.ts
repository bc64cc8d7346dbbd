import { z } from 'zod';
import { Failure } from '../failure.ts';
import { parseRow } from '../registry/parse-row.ts';
import type { Documents, Stored } from '../registry/ports.ts';
import { modelNameSchema, promotionIdSchema, versionSchema } from '../registry/rows.ts';
import { learnerNameSchema } from './learner.ts';

export const runIdSchema = z.uuid();

/** What became of a trial; in an earlier rung the same trial was fitted on fewer rows. */
export const runTrialSchema = z.object({
  rung: z.int().nonnegative(),
  trial: z.int().nonnegative(),
  learner: learnerNameSchema,
  params: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  seed: z.int(),
  seconds: z.number(),
  /** On the validation rows; none where it failed. */
  metrics: z.record(z.string(), z.number()),
  error: z.string().optional(),
});
export type RunTrial = z.infer<typeof runTrialSchema>;

/** A run as callers see it. */
export const runViewSchema = z.object({
  runId: runIdSchema,
  reason: z.string(),
  status: z.enum(['running', 'registered', 'rejected', 'failed', 'skipped']),
  step: z.enum(['validate', 'assemble', 'search', 'register', 'promote', 'done']),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime().optional(),
  trials: z.array(runTrialSchema),
  version: versionSchema.optional(),
  promotionId: promotionIdSchema.optional(),
  error: z
    .string()
    .optional()
    .meta({ description: 'Why it failed, was rejected or skipped, or promoted nothing' }),
});
export type RunView = z.infer<typeof runViewSchema>;

/** The document of a run. */
export const runRowSchema = runViewSchema.extend({
  kind: z.literal('run'),
  model: modelNameSchema,
  /** When it was started, in milliseconds: the order of a model's runs. */
  number: z.int().positive(),
  /** `command`: it was carried out by somebody's own process, and is on record once it is over. */
  trigger: z.enum(['request', 'schedule', 'drift', 'command']),
  /** What started it, where that was a drift. */
  drift: z
    .object({
      /** The start of the first window that had drifted. */
      since: z.iso.datetime(),
      /** The start of the window that confirmed it: from here on, no row is from before. */
      confirmed: z.iso.datetime(),
    })
    .optional(),
  seed: z.int().nonnegative(),
  /** The version whose folder has the definition that holds for this run. */
  definitionOf: versionSchema,
  /** Data set versions that it trains on, the newest first. */
  datasets: z.array(versionSchema),
  /** The id that its promotion gets, whichever attempt starts it. */
  plannedPromotion: promotionIdSchema,
});
export type RunRow = z.infer<typeof runRowSchema>;

/** Which run a model's training belongs to; the latest one where it has ended. */
const turnSchema = z.object({
  kind: z.literal('retraining'),
  model: modelNameSchema,
  runId: runIdSchema,
  takenAt: z.iso.datetime(),
});
export type Turn = z.infer<typeof turnSchema>;

const TURN = 'retraining';

/** The documents of retrain runs. Whatever it throws is a `Failure` of kind `unavailable`. */
export class RunStore {
  readonly #documents: Documents;
  readonly #ended: (row: RunRow) => void;

  /** @param ended is told of every run that has ended */
  constructor(documents: Documents, ended: (row: RunRow) => void = () => undefined) {
    this.#documents = documents;
    this.#ended = ended;
  }

  async read(model: string, runId: string): Promise<RunRow | undefined> {
    const found = await this.#documents.read(model, idOf(runId));
    return found && parseRow(runRowSchema, found.value);
  }

  /** Newest first, those with `number` below `before`. */
  async list(model: string, limit: number, before: number | undefined): Promise<RunRow[]> {
    const found = await this.#documents.listDescending(model, 'run', limit, before);
    return found.map((value) => parseRow(runRowSchema, value));
  }

  async create(row: RunRow): Promise<void> {
    await this.#documents.create(row.model, idOf(row.runId), row);
  }

  /**
   * Changes a run by compare-and-swap; one that has ended stays as it is.
   * @returns the run as it is then
   */
  async change(model: string, runId: string, change: (row: RunRow) => Partial<RunRow>): Promise<RunRow> {
    for (;;) {
      // In sequence: each try needs the row that the one before has lost against
      const found = await this.#documents.read(model, idOf(runId));
      if (found === undefined) throw new Failure('unavailable', `The run ${runId} is missing`);
      const row = parseRow(runRowSchema, found.value);
      if (row.status !== 'running') return row;
      const next = { ...row, ...change(row) };
      if ((await this.#documents.replace(model, idOf(runId), next, found.etag)) === undefined) continue;
      if (next.status !== 'running') this.#ended(next);
      return next;
    }
  }

  async turn(model: string): Promise<{ readonly turn: Turn; readonly stored: Stored } | undefined> {
    const stored = await this.#documents.read(model, TURN);
    return stored && { turn: parseRow(turnSchema, stored.value), stored };
  }

  /** Takes the model's turn. @returns false where somebody else has taken it since `before` was read */
  async takeTurn(turn: Turn, before: Stored | undefined): Promise<boolean> {
    const { model } = turn;
    const taken =
      before === undefined
        ? await this.#documents.create(model, TURN, turn)
        : await this.#documents.replace(model, TURN, turn, before.etag);
    return taken !== undefined;
  }
}

function idOf(runId: string): string {
  return `run:${runId}`;
}
