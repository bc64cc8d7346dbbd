import { describe, expect, it } from 'vitest';
import type { PredictionFacts } from '../../../shared/events/prediction-event.ts';
import { readEvent } from '../../../shared/events/read-event.ts';
import { MeasuredRecorder } from '../../../shared/scoring/measured-recorder.ts';
import { predictionIds } from '../../../shared/scoring/prediction-ids.ts';
import { type LogOutcome, Recorder } from '../../../shared/scoring/recorder.ts';
import { loadedModel } from '../../fixtures/loaded-model.ts';
import { ToldTelemetry } from '../../fixtures/told-telemetry.ts';

const version = loadedModel('cards', '3');
const newId = predictionIds(Date.now, (bytes) => bytes.fill(1));

function facts(of: Partial<PredictionFacts> = {}): PredictionFacts {
  const row = ['T-17', 'A-17', 12.5, null];
  const features = Float32Array.of(12.5);
  return { id: newId(), variant: 'champion', pinned: false, row, features, offset: 0, latencyMs: 7, ...of };
}

function recorder(outcome: LogOutcome = 'acknowledged') {
  const telemetry = new ToldTelemetry();
  const turn = { append: () => Promise.resolve(outcome), leave: () => undefined };
  return {
    telemetry,
    recorder: new MeasuredRecorder(new Recorder({ enter: () => turn }, 10_000), telemetry),
  };
}

describe('MeasuredRecorder', () => {
  it('tells of a prediction by its version, and of nothing that the caller sent', () => {
    const { telemetry, recorder: tested } = recorder();
    const told = facts({ score: 0.4, decision: 'review', transactionId: 'T-17' });
    tested.event(version, told);
    const served = { model: 'cards', version: '3', variant: 'champion' };
    expect(telemetry.told).toEqual([
      ['count', 'tollgate.predictions', 1, { ...served, decision: 'review' }],
      ['measure', 'tollgate.prediction.duration', 7, served],
      [
        'event',
        'tollgate.prediction',
        'sample',
        { ...served, decision: 'review', predictionId: told.id, latencyMs: 7, score: 0.4 },
      ],
    ]);
    expect(JSON.stringify(telemetry.told)).not.toContain('-17');
  });

  it('tells of every failed prediction, with its code and without its message', () => {
    const { telemetry, recorder: tested } = recorder();
    tested.event(version, facts({ error: { code: 'scoring-failed', message: 'A-17 is no number' } }));
    expect(telemetry.told).toContainEqual([
      'event',
      'tollgate.prediction',
      'all',
      expect.objectContaining({ decision: 'error', errorCode: 'scoring-failed' }),
    ]);
    expect(JSON.stringify(telemetry.told)).not.toContain('-17');
  });

  it('writes into the event which trace it belongs to, marked as kept where it failed', () => {
    const { telemetry, recorder: tested } = recorder();
    const parentOf = (text: string) => {
      const read = readEvent(text);
      return read.ok && read.facts.kind === 'prediction' ? read.facts.traceparent : read;
    };
    telemetry.open = '00-00000000000000000000000000000001-00000000000000aa-00';
    expect(parentOf(tested.event(version, facts({ score: 0.4, decision: 'review' })))).toBe(telemetry.open);
    expect(parentOf(tested.event(version, facts({ error: { code: 'x', message: 'y' } })))).toBe(
      '00-00000000000000000000000000000001-00000000000000aa-01',
    );
    telemetry.open = undefined;
    expect(tested.event(version, facts({ score: 0.4, decision: 'review' }))).not.toContain('traceparent');
  });

  it('says what became of a request that could not be put on record', async () => {
    const { telemetry, recorder: tested } = recorder('lost');
    await tested.enter().append(['{}']);
    expect(telemetry.told).toEqual([
      ['span', 'tollgate.predictions.record', { events: 1 }],
      ['set', { outcome: 'lost' }],
      ['fail', 'lost'],
    ]);
  });
});
