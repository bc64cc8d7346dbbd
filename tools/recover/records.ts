import { isDeepStrictEqual } from 'node:util';
import { reportRow, reportRowSchema } from '../../shared/drift/report-store.ts';
import { driftReportSchema } from '../../shared/drift/report.ts';
import { evaluationPageSchema, promotionRowSchema } from '../../shared/promotion/record.ts';
import { promotionView } from '../../shared/promotion/view.ts';
import { trafficCopyPath, versionCopyPath } from '../../shared/registry/row-copies.ts';
import {
  datasetRowSchema,
  registrationSchema,
  trafficRowSchema,
  type VersionRow,
  versionRowSchema,
} from '../../shared/registry/rows.ts';
import type { ContainerName } from './stores.ts';

/**
 * Kinds of registry documents that have a copy in Blob, in the order in which they are rebuilt: whoever reads a document
 * finds what it names, and the traffic, with which a model is there again, is last.
 */
export const RECORD_KINDS = [
  'dataset',
  'version',
  'registration',
  'promotion-evaluations',
  'promotion',
  'drift-report',
  'traffic',
] as const;
export type RecordKind = (typeof RECORD_KINDS)[number];

/** A document of the registry, be it from Cosmos or from its copy. */
export interface RegistryRecord {
  readonly kind: RecordKind;
  readonly model: string;
  /** The document's id in Cosmos. */
  readonly id: string;
  /** Where the copy lies; a record that follows from another one's copy has none. */
  readonly copy?: { readonly container: ContainerName; readonly path: string };
  readonly row: object;
  /** Greater in a later state of the same document; 0 where it never changes. */
  readonly age: number;
}

/** How a document stands to its copy. */
export type Standing =
  /** The same. */
  | 'same'
  /** There is a copy and no document. */
  | 'lost'
  /** The document is of an earlier state than the copy. */
  | 'behind'
  /** The document is of a later state than the copy. */
  | 'ahead'
  /** Neither is the later one, and they differ; or the document cannot be read. */
  | 'different'
  /** There is a document and no copy. */
  | 'uncopied';

/** @param document undefined where there is none, `unreadable` where it is in no form that this release knows */
export function standingOf(
  copy: RegistryRecord | undefined,
  document: RegistryRecord | 'unreadable' | undefined,
): Standing {
  if (copy === undefined) return 'uncopied';
  if (document === undefined) return 'lost';
  if (document === 'unreadable') return 'different';
  if (document.age !== copy.age) return document.age < copy.age ? 'behind' : 'ahead';
  return isDeepStrictEqual(document.row, copy.row) ? 'same' : 'different';
}

/** The record of a document in Cosmos. @throws z.ZodError for one that this release does not know */
export function recordOf(kind: RecordKind, value: unknown): RegistryRecord {
  switch (kind) {
    case 'dataset': {
      const row = datasetRowSchema.parse(value);
      const path = `${row.model}/${row.version}/dataset.json`;
      return record(kind, row, `dataset:${row.version}`, { container: 'datasets', path });
    }
    case 'version': {
      const row = versionRowSchema.parse(value);
      const path = versionCopyPath(row.model, row.version);
      const age = row.state === 'retired' ? 1 : 0;
      return record(kind, row, `version:${row.version}`, { container: 'models', path }, age);
    }
    case 'registration': {
      const row = registrationSchema.parse(value);
      return record(kind, row, `registration:${row.run}`);
    }
    case 'promotion': {
      const row = promotionRowSchema.parse(value);
      const path = `${row.model}/promotions/${row.promotionId}.json`;
      const id = `promotion:${row.promotionId}`;
      return record(kind, row, id, { container: 'models', path }, row.revision);
    }
    case 'promotion-evaluations': {
      const row = evaluationPageSchema.parse(value);
      const path = `${row.model}/promotions/${row.promotionId}/evaluations-${row.page}.json`;
      return record(kind, row, `promotion:${row.promotionId}:${row.page}`, { container: 'models', path });
    }
    case 'drift-report': {
      const row = reportRowSchema.parse(value);
      const path = `${row.model}/drift/${row.report.id}.json`;
      return record(kind, row, `drift-report:${row.report.id}`, { container: 'reports', path });
    }
    case 'traffic': {
      const row = trafficRowSchema.parse(value);
      const path = trafficCopyPath(row.model);
      return record(kind, row, 'traffic', { container: 'models', path }, row.epoch);
    }
  }
}

/**
 * The records that follow from a copy: of a version also what its run has registered, so that a run that is done again
 * finds it.
 * @param value the blob's JSON
 * @throws z.ZodError for one that this release does not know
 */
export function recordsOfCopy(kind: RecordKind, value: unknown): RegistryRecord[] {
  if (kind === 'drift-report') return [recordOf(kind, reportRow(driftReportSchema.parse(value)))];
  if (kind !== 'version') return [recordOf(kind, value)];
  const row = versionRowSchema.parse(value);
  return [recordOf(kind, row), recordOf('registration', registrationOf(row))];
}

/** What a record's copy holds. */
export function copyOf({ kind, row }: RegistryRecord): object {
  if (kind !== 'promotion') return row;
  const promotion = promotionRowSchema.parse(row);
  return { ...promotion, ...promotionView(promotion, promotion.evaluations) };
}

/** Which kind of copy a blob is; undefined where it is none. */
export function kindOfPath(container: ContainerName, path: string): RecordKind | undefined {
  return COPIES.find((copy) => copy.container === container && copy.pattern.test(path))?.kind;
}

const COPIES: readonly {
  readonly kind: RecordKind;
  readonly container: ContainerName;
  readonly pattern: RegExp;
}[] = [
  { kind: 'traffic', container: 'models', pattern: /^[^/]+\/traffic\.json$/ },
  { kind: 'version', container: 'models', pattern: /^[^/]+\/versions\/[^/]+\.json$/ },
  { kind: 'promotion', container: 'models', pattern: /^[^/]+\/promotions\/[^/]+\.json$/ },
  {
    kind: 'promotion-evaluations',
    container: 'models',
    pattern: /^[^/]+\/promotions\/[^/]+\/evaluations-\d+\.json$/,
  },
  { kind: 'dataset', container: 'datasets', pattern: /^[^/]+\/\d+\/dataset\.json$/ },
  { kind: 'drift-report', container: 'reports', pattern: /^[^/]+\/drift\/[^/]+\.json$/ },
];

/** A version is settled before it can be retired. */
function registrationOf(row: VersionRow): object {
  const state = row.state === 'retired' ? 'registered' : row.state;
  return { kind: 'registration', model: row.model, run: row.createdBy.run, row: { ...row, state } };
}

function record(
  kind: RecordKind,
  row: { readonly model: string },
  id: string,
  copy?: RegistryRecord['copy'],
  age = 0,
): RegistryRecord {
  return { kind, model: row.model, id, ...(copy === undefined ? {} : { copy }), row, age };
}
