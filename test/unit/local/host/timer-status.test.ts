import { describe, expect, it } from 'vitest';
import { parseSchedule } from '../../../../local/host/cron.ts';
import { statusAfterRun, statusAtStart } from '../../../../local/host/timer-status.ts';

const hourly = parseSchedule('0 0 * * * *');
const at = (time: string): number => Date.parse(`2026-01-01T${time}Z`);

describe('a timer at the start of the host', () => {
  it('waits for its first occurrence when nothing is recorded', () => {
    expect(statusAtStart(undefined, hourly, at('10:20:00'))).toEqual({
      status: { last: null, next: at('11:00:00'), lastUpdated: at('10:20:00') },
      isPastDue: false,
    });
  });

  it('is past due when the occurrence after a recorded run has gone by', () => {
    const recorded = { last: at('08:00:00'), next: at('09:00:00'), lastUpdated: at('08:00:00') };
    expect(statusAtStart(recorded, hourly, at('10:20:00'))).toEqual({ status: recorded, isPastDue: true });
    expect(statusAtStart(recorded, hourly, at('08:59:59'))).toEqual({ status: recorded, isPastDue: false });
  });

  it('is never past due without a recorded run', () => {
    const recorded = { last: null, next: at('09:00:00'), lastUpdated: at('08:20:00') };
    expect(statusAtStart(recorded, hourly, at('10:20:00'))).toMatchObject({
      status: { last: null, next: at('11:00:00') },
      isPastDue: false,
    });
  });

  it('is past due when its first occurrence went by while this host was waiting for it', () => {
    const recorded = { last: null, next: at('09:00:00'), lastUpdated: at('08:20:00') };
    const status = (since: string) => statusAtStart(recorded, hourly, at('09:00:10'), at(since));
    expect(status('08:59:50')).toEqual({ status: recorded, isPastDue: true });
    expect(status('09:00:00')).toMatchObject({ status: { next: at('10:00:00') }, isPastDue: false });
  });

  it('starts anew when its schedule has changed', () => {
    const recorded = { last: at('08:00:00'), next: at('08:30:00'), lastUpdated: at('08:00:00') };
    expect(statusAtStart(recorded, hourly, at('10:20:00'))).toMatchObject({
      status: { last: null, next: at('11:00:00') },
      isPastDue: false,
    });
  });

  it('has no status when it will never come', () => {
    expect(statusAtStart(undefined, parseSchedule('0 0 0 30 2 *'), at('10:20:00'))).toBeUndefined();
  });
});

describe('a timer after a run', () => {
  it('comes next after the start of the run', () => {
    expect(statusAfterRun(hourly, at('09:00:00.004'), at('09:00:00'))).toMatchObject({
      next: at('10:00:00'),
    });
    expect(statusAfterRun(hourly, at('10:20:00'), undefined)).toMatchObject({
      last: at('10:20:00'),
      next: at('11:00:00'),
    });
  });

  it('does not come again for the same occurrence when the clock was early', () => {
    expect(statusAfterRun(hourly, at('08:59:59.990'), at('09:00:00'))).toMatchObject({
      last: at('09:00:00'),
      next: at('10:00:00'),
    });
  });
});
