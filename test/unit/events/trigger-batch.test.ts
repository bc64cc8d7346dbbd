import { describe, expect, it } from 'vitest';
import { triggerBatch } from '../../../shared/events/trigger-batch.ts';

const metadata = (times: unknown[]) => ({
  partitionContext: { partitionId: '3' },
  sequenceNumberArray: [41, 42],
  enqueuedTimeUtcArray: times,
});

describe('triggerBatch', () => {
  it('takes times as UTC, with or without their Z', () => {
    const batch = triggerBatch(
      'predictions',
      ['a', 'b'],
      metadata(['2026-03-01T10:00:00.123', '2026-03-01T10:00:01.5Z']),
    );
    expect(batch).toEqual({
      hub: 'predictions',
      partition: '3',
      events: [
        { body: 'a', sequenceNumber: 41, enqueuedTime: Date.UTC(2026, 2, 1, 10, 0, 0, 123) },
        { body: 'b', sequenceNumber: 42, enqueuedTime: Date.UTC(2026, 2, 1, 10, 0, 1, 500) },
      ],
    });
  });

  it.each([
    ['too few times', ['2026-03-01T10:00:00Z']],
    ['a time that is none', ['2026-03-01T10:00:00Z', 'yesterday']],
  ])('refuses %s', (_, times) => {
    expect(() => triggerBatch('predictions', ['a', 'b'], metadata(times))).toThrow(/fewer|Invalid/);
  });
});
