import { z } from 'zod';
import { Failure } from '../failure.ts';
import { parseRow } from '../registry/parse-row.ts';
import type { Blobs, Documents } from '../registry/ports.ts';
import { modelNameSchema } from '../registry/rows.ts';
import { reportIdSchema } from './check-window.ts';
import { type DriftReport, driftReportSchema } from './report.ts';

const KIND = 'drift-report';

/** The document of a report: what lists, trends and the next check need of it. The whole report lies in Blob. */
export const reportRowSchema = z.object({
  kind: z.literal(KIND),
  model: modelNameSchema,
  /** The end of its window in milliseconds: the order of a model's reports. */
  number: z.int().positive(),
  /** Inside, because a document has an id of its own. */
  report: driftReportSchema,
});
export type ReportRow = z.infer<typeof reportRowSchema>;

/** The document of a report; its id in Cosmos is `drift-report:{id}`. */
export function reportRow(report: DriftReport): ReportRow {
  return {
    kind: KIND,
    model: report.model,
    number: Date.parse(report.window.to),
    report: { ...report, columns: report.columns.map(slim) },
  };
}

/** Drift reports: JSON and page in Blob, one document each in Cosmos. Whatever it throws is a `Failure`. */
export class ReportStore {
  readonly #documents: Documents;
  readonly #reports: Blobs;

  /** @param reports blobs of the container `reports` */
  constructor(documents: Documents, reports: Blobs) {
    this.#documents = documents;
    this.#reports = reports;
  }

  /**
   * Stores a report once: the page, the report, and what lists need of it. A report is there only with its page, and a
   * list has only reports that are there.
   * @returns the report that holds for its window: another one where that was faster
   */
  async add(report: DriftReport, page: string): Promise<DriftReport> {
    const { model, id } = report;
    await this.#reports.write(pathOf(model, id, 'html'), Buffer.from(page));
    const bytes = Buffer.from(`${JSON.stringify(report)}\n`);
    const isNew = await this.#reports.create(pathOf(model, id, 'json'), bytes);
    const kept = isNew ? report : await this.read(model, id);
    await this.enlist(kept);
    return kept;
  }

  /** Puts a stored report on the lists, where it is not on them. */
  async enlist(report: DriftReport): Promise<void> {
    const { model, id } = report;
    await this.#documents.create(model, `${KIND}:${id}`, reportRow(report));
  }

  /** @returns undefined where the window was not checked */
  async find(model: string, id: string): Promise<DriftReport | undefined> {
    const bytes = reportIdSchema.safeParse(id).success
      ? await this.#reports.read(pathOf(model, id, 'json'))
      : undefined;
    return bytes && parseRow(driftReportSchema, JSON.parse(Buffer.from(bytes).toString('utf8')));
  }

  /** @throws Failure `not-found` */
  async read(model: string, id: string): Promise<DriftReport> {
    const report = await this.find(model, id);
    if (report === undefined) throw new Failure('not-found', 'There is no such drift report');
    return report;
  }

  /** A report for people. @throws Failure `not-found` */
  async page(model: string, id: string): Promise<string> {
    const bytes = reportIdSchema.safeParse(id).success
      ? await this.#reports.read(pathOf(model, id, 'html'))
      : undefined;
    if (bytes === undefined) throw new Failure('not-found', 'There is no such drift report');
    return Buffer.from(bytes).toString('utf8');
  }

  /** Reports without their statistics, the newest windows first. @param before the end of a window in milliseconds */
  async list(model: string, limit: number, before?: number): Promise<DriftReport[]> {
    const found = await this.#documents.listDescending(model, KIND, limit, before);
    return found.map((value) => parseRow(reportRowSchema, value).report);
  }
}

/** A column as lists have it: the trend needs no more. */
function slim(column: DriftReport['columns'][number]): DriftReport['columns'][number] {
  const { role, kind, rank, driftScore, threshold, drifted, method, alarm, natures, since, untested } =
    column;
  return {
    column: column.column,
    role,
    kind,
    rank,
    statistics: {},
    driftScore,
    threshold,
    drifted,
    ...(method === undefined ? {} : { method }),
    ...(alarm === undefined ? {} : { alarm }),
    ...(natures === undefined ? {} : { natures }),
    ...(since === undefined ? {} : { since }),
    ...(untested === undefined ? {} : { untested }),
  };
}

function pathOf(model: string, id: string, form: 'json' | 'html'): string {
  return `${model}/drift/${id}.${form}`;
}
