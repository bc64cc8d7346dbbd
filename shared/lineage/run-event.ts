import { z } from 'zod';

/** Who makes the events, as a URI. */
export const PRODUCER = 'urn:tollgate:lineage';
/** The namespace of the jobs, and of the data sets and models that the app itself holds. */
export const NAMESPACE = 'tollgate';
const EVENT_SCHEMA = 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent';
const FACETS = 'https://openlineage.io/spec/facets';

/** Every facet says who made it and by which schema; what else it holds is its own. */
const facetSchema = z.looseObject({ _producer: z.url(), _schemaURL: z.url() });
export type Facet = z.infer<typeof facetSchema>;
const facetsSchema = z.record(z.string(), facetSchema);

const datasetSchema = z.object({
  namespace: z.string().min(1),
  name: z.string().min(1),
  facets: facetsSchema.optional(),
});
/** A data set of an event: rows, or a model, which a run has made from rows. */
export type LineageDataset = z.infer<typeof datasetSchema>;

/** A run has one START and one of the others. */
export const eventTypeSchema = z.enum(['START', 'COMPLETE', 'FAIL', 'ABORT']);
export type EventType = z.infer<typeof eventTypeSchema>;

/** A run event of OpenLineage 2-0-2. */
export const runEventSchema = z.object({
  eventType: eventTypeSchema,
  eventTime: z.iso.datetime(),
  run: z.object({ runId: z.uuid(), facets: facetsSchema.optional() }),
  job: z.object({ namespace: z.string().min(1), name: z.string().min(1), facets: facetsSchema.optional() }),
  inputs: z.array(datasetSchema),
  outputs: z.array(datasetSchema),
  producer: z.url(),
  schemaURL: z.literal(EVENT_SCHEMA),
});
export type RunEvent = z.infer<typeof runEventSchema>;

/** What an event says. */
export interface EventFacts {
  readonly type: EventType;
  readonly at: Date;
  readonly runId: string;
  /** Such as `{model}.train`. */
  readonly job: string;
  readonly runFacets?: Readonly<Record<string, Facet>>;
  readonly inputs?: readonly LineageDataset[];
  readonly outputs?: readonly LineageDataset[];
}

/** @throws {z.ZodError} for facts that make no valid event */
export function runEvent(facts: EventFacts): RunEvent {
  const { type, at, runId, job, runFacets, inputs = [], outputs = [] } = facts;
  return runEventSchema.parse({
    eventType: type,
    eventTime: at.toISOString(),
    run: { runId, ...(runFacets === undefined ? {} : { facets: runFacets }) },
    job: {
      namespace: NAMESPACE,
      name: job,
      facets: {
        jobType: standardFacet('2-0-2', 'JobTypeJobFacet', {
          processingType: 'BATCH',
          integration: 'TOLLGATE',
          jobType: 'JOB',
        }),
      },
    },
    inputs,
    outputs,
    producer: PRODUCER,
    schemaURL: EVENT_SCHEMA,
  });
}

/** Which version of a data set or model it is. */
export function versionFacet(version: string): Facet {
  return standardFacet('1-0-1', 'DatasetVersionDatasetFacet', { datasetVersion: version });
}

/** The columns of a data set. */
export function schemaFacet(fields: readonly { readonly name: string; readonly type: string }[]): Facet {
  return standardFacet('1-1-1', 'SchemaDatasetFacet', {
    fields: fields.map(({ name, type }) => ({ name, type })),
  });
}

/** Why a run failed. */
export function errorFacet(message: string): Facet {
  return standardFacet('1-0-1', 'ErrorMessageRunFacet', { message, programmingLanguage: 'TypeScript' });
}

/** A facet of the app's own, by a schema of its own. */
export function ownFacet(name: string, values: object): Facet {
  return { _producer: PRODUCER, _schemaURL: `urn:tollgate:lineage:1-0-0:${name}`, ...values };
}

function standardFacet(release: string, name: string, values: object): Facet {
  return {
    _producer: PRODUCER,
    _schemaURL: `${FACETS}/${release}/${name}.json#/$defs/${name}`,
    ...values,
  };
}
