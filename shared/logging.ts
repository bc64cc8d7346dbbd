import { AppendLog } from './events/append-log.ts';
import type { CollectParts } from './events/collect.ts';
import { countedDeadLetters, countedSpill } from './events/counted-writes.ts';
import { LABELS_HUB, PREDICTIONS_HUB } from './events/log-layout.ts';
import type { EventSender, LogBlobs, ReadableBlobs, SizedBlobs } from './events/ports.ts';
import { type LogOptions, PredictionLog } from './events/prediction-log.ts';
import type { ReplayParts } from './events/spill-replay.ts';
import { blobSpill } from './events/spill.ts';
import type { LabelParts } from './outcomes/accept-labels.ts';
import type { CollectLabelsParts } from './outcomes/collect-labels.ts';
import type { EventCounter } from './rollups/ports.ts';
import type { Telemetry } from './telemetry.ts';

/** How long a write may take, tries and all: callers wait for what is spilled. Milliseconds. */
const SPILL_MS = 1_500;
const APPEND_MS = 30_000;

/** What puts predictions and labels on record, and the record itself. */
export interface Logging {
  readonly log: PredictionLog;
  readonly collecting: CollectParts;
  readonly replaying: ReplayParts;
  readonly labelling: LabelParts;
  readonly collectingLabels: CollectLabelsParts;
  readonly replayingLabels: ReplayParts;
  /** The logs themselves, for those who read them. */
  readonly predictions: ReadableBlobs & SizedBlobs;
  readonly labels: ReadableBlobs & SizedBlobs;
  /** Ends what is being sent. */
  readonly closeLogs: () => Promise<void>;
}

/** A container of the logs. */
type LogContainer =
  'predictions' | 'shadows' | 'predictions-spill' | 'labels' | 'labels-spill' | 'dead-letter';

/** What the logging is made of. */
export interface LoggingSources {
  readonly mode: LogOptions['mode'];
  readonly senders: { readonly predictions: EventSender; readonly labels: EventSender };
  readonly blobs: (container: LogContainer, boundMs: number) => LogBlobs;
  readonly counter: EventCounter;
  readonly telemetry: Telemetry;
  readonly modelNames: () => Promise<string[]>;
  readonly newId: () => string;
  readonly now: () => number;
  readonly report: (message: string, error?: unknown) => void;
}

/** Wires both logs, from their senders to the blobs: the part of the composition root that only they need. */
export function loggingOf(sources: LoggingSources): Logging {
  const { mode, senders, blobs, counter, telemetry, modelNames, newId, now, report } = sources;
  const buried = blobs('dead-letter', APPEND_MS);
  const logOf = (hub: string, sender: EventSender, container: LogContainer) => {
    const spill = blobs(container, SPILL_MS);
    return {
      replaying: { spill, deadLetters: countedDeadLetters(buried, telemetry, hub), sender, now },
      ends: { sender, spill: countedSpill(blobSpill(spill, newId, Date.now), telemetry, hub), report, now },
    };
  };
  const ofPredictions = logOf(PREDICTIONS_HUB, senders.predictions, 'predictions-spill');
  const ofLabels = logOf(LABELS_HUB, senders.labels, 'labels-spill');
  const predictions = blobs('predictions', APPEND_MS);
  const labels = blobs('labels', APPEND_MS);
  const log = new PredictionLog({ mode, ...ofPredictions.ends });
  // A label that is lost without a word would be worse than one that has to be sent again.
  const labelLog = new PredictionLog({ mode: 'strict', noun: 'label', ...ofLabels.ends });
  return {
    log,
    collecting: {
      logs: { predictions: new AppendLog(predictions), shadows: new AppendLog(blobs('shadows', APPEND_MS)) },
      counter,
      deadLetters: ofPredictions.replaying.deadLetters,
      telemetry,
    },
    replaying: ofPredictions.replaying,
    labelling: { log: labelLog, newId, time: Date.now },
    collectingLabels: {
      log: new AppendLog(labels),
      deadLetters: ofLabels.replaying.deadLetters,
      models: modelNames,
    },
    replayingLabels: ofLabels.replaying,
    predictions,
    labels,
    closeLogs: async () => {
      await Promise.all([log.close(), labelLog.close()]);
    },
  };
}
