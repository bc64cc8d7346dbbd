import { z } from 'zod';
import { MAX_LABELS } from '../shared/outcomes/accept-labels.ts';
import { HttpSender } from './http-sender.ts';
import { showProgress } from './progress.ts';

/** What is true of a prediction that was given out. */
export interface Truth {
  readonly predictionId: string;
  readonly label: 0 | 1;
}

const acceptedSchema = z.object({ accepted: z.int() });

/**
 * Sends labels to a running stack, as many a request as it takes, one request after the other.
 * @returns rows for the closing table, and whether each label was accepted
 */
export async function sendLabels(
  base: string,
  model: string,
  truths: readonly Truth[],
  observedAt: Date,
): Promise<{ readonly rows: [string, string][]; readonly allAccepted: boolean }> {
  const sender = new HttpSender(new URL('/api/labels', base), 1);
  const progress = showProgress();
  const failures = new Map<string, number>();
  let accepted = 0;
  try {
    for (let from = 0; from < truths.length; from += MAX_LABELS) {
      const batch = truths.slice(from, from + MAX_LABELS);
      const labels = batch.map((truth) => ({ ...truth, model, observedAt, source: 'simulate' }));
      // In sequence: nobody waits for labels, and the traffic that they are of has ended
      const answer = await sender.post(JSON.stringify({ labels }));
      if ('status' in answer && answer.status === 202) {
        accepted += acceptedSchema.parse(JSON.parse(answer.body)).accepted;
      } else {
        const what = 'failure' in answer ? answer.failure : `status ${answer.status}`;
        failures.set(what, (failures.get(what) ?? 0) + batch.length);
      }
      progress.show('labels', Math.min(from + MAX_LABELS, truths.length), truths.length);
    }
  } finally {
    progress.end();
    sender.close();
  }
  const positive = truths.filter(({ label }) => label === 1).length;
  const shown = (count: number): string => count.toLocaleString('en');
  return {
    rows: [
      ['labels sent', `${shown(truths.length)} (${shown(positive)} positive)`],
      ['labels accepted', shown(accepted)],
      ...[...failures].map(([what, count]): [string, string] => [`labels: ${what}`, shown(count)]),
    ],
    allAccepted: accepted === truths.length,
  };
}
