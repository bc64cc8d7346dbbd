import type { ModelDefinition } from '../features/definition.ts';
import type { TrainingSetManifest } from '../training/training-set-manifest.ts';
import { type LineageDataset, NAMESPACE, ownFacet, schemaFacet, versionFacet } from './run-event.ts';

/** Logged predictions of a window that a training set took in, with the labels that were known when it was made. */
export interface CollectedRows {
  /** The predictions: `[from, to)`, ISO 8601. */
  readonly from: string;
  readonly to: string;
  /** Labels that were received later do not count. */
  readonly asOf: string;
  readonly maturity: string;
  readonly unlabelled: string;
  readonly counts: NonNullable<TrainingSetManifest['predictions']>['total'];
  /** Of the inputs, as they are logged. */
  readonly columns: readonly { readonly name: string; readonly type: string }[];
}

/** What a training set took in beside data set versions; undefined where it did not look for predictions. */
export function collectedRows(
  { predictions, asOf, labelling }: TrainingSetManifest,
  { columns }: Pick<ModelDefinition, 'columns'>,
): CollectedRows | undefined {
  if (predictions === undefined) return undefined;
  const { from, to, total } = predictions;
  return {
    from,
    to,
    asOf,
    ...labelling,
    counts: total,
    columns: columns.filter(({ role }) => role !== 'label').map(({ name, type }) => ({ name, type })),
  };
}

/** Of the labels' log, as far as a join reads it. */
const LABEL_COLUMNS = [
  { name: 'predictionId', type: 'string' },
  { name: 'label', type: 'number' },
  { name: 'observedAt', type: 'timestamp' },
  { name: 'source', type: 'string' },
];

/**
 * The log of predictions and that of labels as inputs of a run. A log has no versions but grows: the window is the
 * version, of the labels with the time up to which they counted.
 */
export function collectedInputs(model: string, collected: CollectedRows): LineageDataset[] {
  const { from, to, asOf, maturity, unlabelled, counts, columns } = collected;
  return [
    {
      namespace: NAMESPACE,
      name: `predictions/${model}`,
      facets: {
        version: versionFacet(`${from}/${to}`),
        schema: schemaFacet(columns),
        tollgate_window: ownFacet('WindowDatasetFacet', { from, to, ...counts }),
      },
    },
    {
      namespace: NAMESPACE,
      name: `labels/${model}`,
      facets: {
        version: versionFacet(`${from}/${to}@${asOf}`),
        schema: schemaFacet(LABEL_COLUMNS),
        tollgate_labels: ownFacet('LabelsDatasetFacet', { from, to, asOf, maturity, unlabelled }),
      },
    },
  ];
}
