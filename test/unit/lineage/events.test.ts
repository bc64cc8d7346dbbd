import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import {
  ingestEvents,
  ingestRunId,
  trainingCompleted,
  trainingEnded,
  trainingStarted,
} from '../../../shared/lineage/events.ts';
import { runEvent } from '../../../shared/lineage/run-event.ts';
import { lineageGraph, lineageGraphSchema } from '../../../shared/lineage/graph.ts';
import { planSchema } from '../../../shared/promotion/plan.ts';
import { noPredictions } from '../../../shared/training/training-set-manifest.ts';
import { datasetRow, runId, versionRow } from './recorded.ts';

/** What OpenLineage 2-0-2 asks of a run event, in JSON Schema. */
const facets = {
  type: 'object',
  additionalProperties: {
    type: 'object',
    required: ['_producer', '_schemaURL'],
    properties: {
      _producer: { type: 'string', format: 'uri' },
      _schemaURL: { type: 'string', format: 'uri' },
    },
  },
};
const named = {
  type: 'object',
  required: ['namespace', 'name'],
  properties: { namespace: { type: 'string' }, name: { type: 'string' }, facets },
};
const schema = {
  type: 'object',
  required: ['eventTime', 'producer', 'schemaURL', 'run', 'job'],
  properties: {
    eventType: { enum: ['START', 'RUNNING', 'COMPLETE', 'ABORT', 'FAIL', 'OTHER'] },
    eventTime: { type: 'string', format: 'date-time' },
    producer: { type: 'string', format: 'uri' },
    schemaURL: { type: 'string', format: 'uri' },
    run: {
      type: 'object',
      required: ['runId'],
      properties: { runId: { type: 'string', format: 'uuid' }, facets },
    },
    job: named,
    inputs: { type: 'array', items: named },
    outputs: { type: 'array', items: named },
  },
};

const at = new Date('2026-03-02T05:00:00Z');
const later = new Date('2026-03-02T05:10:00Z');
const run = {
  model: 'fraud',
  runId,
  learner: 'random_forest',
  params: { trees: 10 },
  seed: 3,
  split: 'modulo:5:4',
};

const trainingSet = {
  formatVersion: 1 as const,
  model: 'fraud',
  asOf: at.toISOString(),
  createdAt: at.toISOString(),
  labelling: { maturity: '30d', unlabelled: 'negative' as const },
  rows: 3_040,
  positives: 34,
  datasets: [{ version: '2', sha256: 'ab', rows: 3_000, used: 3_000, duplicates: 0 }],
  predictions: {
    from: '2026-02-01T00:00:00.000Z',
    to: '2026-02-02T00:00:00.000Z',
    total: { ...noPredictions(), predictions: 50, used: 40, positives: 4 },
    hours: [],
  },
  delimiter: ',',
  file: { name: 'rows.csv', sha256: 'ab'.repeat(32), bytes: 9 },
};

describe('run events', () => {
  it('are what OpenLineage asks for', () => {
    const ajv = new Ajv2020();
    addFormats.default(ajv);
    const isValid = ajv.compile(schema);
    const events = [
      trainingStarted(run, at),
      trainingCompleted(run, { version: versionRow, datasets: [datasetRow] }, later),
      trainingEnded(run, 'FAIL', 'no rows', later),
      trainingEnded(run, 'ABORT', 'stopped', later),
      ...ingestEvents(datasetRow),
    ];
    for (const event of events) {
      isValid(JSON.parse(JSON.stringify(event)));
      expect(isValid.errors ?? []).toEqual([]);
    }
    expect(events.map(({ eventType }) => eventType)).toEqual([
      'START',
      'COMPLETE',
      'FAIL',
      'ABORT',
      'START',
      'COMPLETE',
    ]);
    expect(new Set(events.map(({ schemaURL }) => schemaURL))).toEqual(
      new Set(['https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent']),
    );
  });

  it('tell the version and the columns of the rows, and the version that was made', () => {
    const { inputs, outputs } = trainingCompleted(
      run,
      { version: versionRow, datasets: [datasetRow] },
      later,
    );
    expect(inputs).toMatchObject([
      {
        namespace: 'tollgate',
        name: 'datasets/fraud',
        facets: {
          version: { datasetVersion: '2' },
          schema: { fields: [{ name: 'amount', type: 'number' }] },
        },
      },
    ]);
    expect(outputs).toMatchObject([
      {
        name: 'models/fraud',
        facets: { version: { datasetVersion: '4' }, tollgate_model: { state: 'registered' } },
      },
    ]);
    const [, ingested] = ingestEvents(datasetRow);
    expect(ingestEvents(structuredClone(datasetRow))[1]).toEqual(ingested);
    expect(ingestRunId({ ...datasetRow, version: '3' })).not.toBe(ingested?.run.runId);
    expect(ingested?.inputs).toMatchObject([{ namespace: 'https://data.example', name: '/rows.csv' }]);
    expect(ingested?.outputs).toEqual(inputs);
  });

  it('are refused where a run has no id that OpenLineage takes', () => {
    expect(() => runEvent({ type: 'START', at, runId: 'mine', job: 'fraud.train' })).toThrow('runId');
  });
});

describe('the graph of a version', () => {
  const { kind: _kind, number: _number, state: _state, ...shown } = versionRow;
  const version = { ...shown, state: 'champion' as const };

  it('leads from the data sets over the run to the version and its promotions', () => {
    const other = { ...datasetRow, version: '1', number: 1 };
    const events = [trainingStarted(run, at), trainingEnded(run, 'ABORT', 'stopped', later)];
    const { nodes, edges } = lineageGraph({
      version,
      datasets: [other, datasetRow],
      events,
      promotions: [],
      served: [],
    });
    expect(edges).toEqual([
      { from: 'dataset:1', to: `run:${runId}` },
      { from: 'dataset:2', to: `run:${runId}` },
      { from: `run:${runId}`, to: 'version:4' },
    ]);
    expect(nodes.map(({ id }) => id)).toEqual(['dataset:1', 'dataset:2', `run:${runId}`, 'version:4']);
    expect(nodes[2]).toMatchObject({
      startedAt: at.toISOString(),
      endedAt: later.toISOString(),
      ended: 'ABORT',
    });
  });

  it('goes on to the promotions that the version was the candidate of', () => {
    const promotion = {
      promotionId: 'p-1',
      model: 'fraud',
      version: '4',
      champion: '3',
      phase: 'promoted' as const,
      step: 4,
      percent: 100,
      plan: planSchema.parse({}),
      startedAt: at.toISOString(),
      endedAt: later.toISOString(),
      evaluations: [],
      changes: [],
    };
    const { nodes, edges } = lineageGraph({
      version,
      datasets: [],
      events: [],
      promotions: [promotion],
      served: [],
    });
    expect(edges.at(-1)).toEqual({ from: 'version:4', to: 'promotion:p-1' });
    expect(nodes.at(-1)).toMatchObject({ type: 'promotion', phase: 'promoted', champion: '3' });
  });

  it('has the windows of the logs, the trial, and what the version served', () => {
    const trial = {
      rung: 2,
      trial: 7,
      learner: 'random_forest',
      params: { trees: 10 },
      seed: 3,
      seconds: 1.5,
    } as const;
    const { nodes, edges } = lineageGraph({
      version,
      datasets: [datasetRow],
      events: [],
      trial: { ...trial, metrics: { averagePrecision: 0.4 } },
      trainingSet,
      promotions: [],
      served: [
        {
          from: at.toISOString(),
          to: later.toISOString(),
          variant: 'canary',
          percent: 5,
          promotionId: 'p-1',
        },
        { from: later.toISOString(), variant: 'champion', percent: 100 },
      ],
    });
    expect(lineageGraphSchema.parse({ nodes, edges })).toEqual({ nodes, edges });
    expect(edges).toEqual([
      { from: 'dataset:2', to: `run:${runId}` },
      { from: 'predictions', to: `run:${runId}` },
      { from: 'labels', to: `run:${runId}` },
      { from: `run:${runId}`, to: 'trial:7' },
      { from: 'trial:7', to: 'version:4' },
      { from: 'promotion:p-1', to: 'served:1' },
      { from: 'version:4', to: 'served:2' },
    ]);
    expect(nodes).toContainEqual(expect.objectContaining({ type: 'predictions', used: 40, positives: 4 }));
    expect(nodes).toContainEqual(expect.objectContaining({ type: 'labels', maturity: '30d' }));
    expect(nodes).toContainEqual(
      expect.objectContaining({ type: 'trial', number: 7, metrics: { averagePrecision: 0.4 } }),
    );
  });

  it('is there for a version that was made before events were recorded', () => {
    const { nodes } = lineageGraph({ version, datasets: [], events: [], promotions: [], served: [] });
    expect(nodes).toMatchObject([
      { type: 'run', runId },
      { type: 'version', state: 'champion' },
    ]);
  });
});
