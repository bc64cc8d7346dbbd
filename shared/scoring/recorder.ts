import { predictionEventWriter, type PredictionFacts } from '../events/prediction-event.ts';
import type { LogOutcome, Turn } from '../events/prediction-log.ts';
import type { LoadedModel } from './load-model.ts';

/** What scoring needs of the prediction log. */
export interface RecordingLog {
  enter(): Turn;
}

export type { LogOutcome, Turn };

/** Puts what was decided on record. */
export interface Recording {
  /** Announces a request that will record its predictions. */
  enter(): Turn;
  /** One prediction as the text of its event. */
  event(loaded: LoadedModel, facts: PredictionFacts): string;
}

/** Writes what was decided as events of the log; each version's writer is made once. */
export class Recorder implements Recording {
  readonly #log: RecordingLog;
  readonly #maxEventBytes: number;
  readonly #writers = new WeakMap<LoadedModel, (facts: PredictionFacts) => string>();

  /** @param maxEventBytes what one send to the hub may hold */
  constructor(log: RecordingLog, maxEventBytes: number) {
    this.#log = log;
    this.#maxEventBytes = maxEventBytes;
  }

  enter(): Turn {
    return this.#log.enter();
  }

  event(loaded: LoadedModel, facts: PredictionFacts): string {
    let write = this.#writers.get(loaded);
    if (write === undefined) {
      const { model, version, contract } = loaded;
      const source = { model, version, columns: contract.contract.columns, width: contract.width };
      write = predictionEventWriter(source, this.#maxEventBytes);
      this.#writers.set(loaded, write);
    }
    return write(facts);
  }
}
