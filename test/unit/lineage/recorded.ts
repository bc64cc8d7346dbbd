import type { DatasetRow, VersionRow } from '../../../shared/registry/rows.ts';

export const runId = '01a1feb5-2db4-71a8-a24a-2df1d67ce987';

const sha256 = 'ab'.repeat(32);

export const datasetRow: DatasetRow = {
  kind: 'dataset',
  model: 'fraud',
  version: '2',
  number: 2,
  createdAt: '2026-03-01T00:00:00.000Z',
  source: 'https://data.example/rows.csv',
  format: 'csv',
  rows: 3_000,
  file: { name: 'rows.csv', sha256, bytes: 90_000 },
  origin: {
    file: 'rows.csv',
    format: 'csv',
    sha256,
    bytes: 91_000,
    url: 'https://data.example/rows.csv?token=secret',
  },
  columns: [{ name: 'amount', type: 'number', known: true, missing: 0 }],
};

export const versionRow: VersionRow = {
  kind: 'version',
  model: 'fraud',
  version: '4',
  number: 4,
  state: 'registered',
  title: 'Cards',
  createdAt: '2026-03-02T05:10:00.000Z',
  createdBy: { run: runId },
  learner: 'random_forest',
  params: { trees: 10 },
  seed: 3,
  datasetVersion: '2',
  rows: { training: 2_400, heldOut: 600 },
  metrics: { aucRoc: 0.8 },
  files: [{ name: 'model.onnx', sha256, bytes: 10_000 }],
};
