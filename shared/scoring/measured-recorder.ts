import type { PredictionFacts } from '../events/prediction-event.ts';
import { type Attributes, type Telemetry } from '../telemetry.ts';
import {
  TELEMETRY_ATTRIBUTES as NAMED,
  TELEMETRY_EVENTS,
  TELEMETRY_METRICS,
  TELEMETRY_SPANS,
} from '../telemetry-names.ts';
import type { LoadedModel } from './load-model.ts';
import type { Recording, Turn } from './recorder.ts';

/** The decision that a prediction is counted under which came to none. */
const FAILED = 'error';

/** A recorder that also tells telemetry of every prediction, and tells every event which trace it belongs to. */
export class MeasuredRecorder implements Recording {
  readonly #recorder: Recording;
  readonly #telemetry: Telemetry;

  constructor(recorder: Recording, telemetry: Telemetry) {
    this.#recorder = recorder;
    this.#telemetry = telemetry;
  }

  enter(): Turn {
    const turn = this.#recorder.enter();
    return {
      append: (events) =>
        this.#telemetry.span(
          TELEMETRY_SPANS.record,
          { attributes: { [NAMED.events]: events.length } },
          async (span) => {
            const outcome = await turn.append(events);
            span.set({ [NAMED.outcome]: outcome });
            if (outcome === 'lost') span.fail(outcome);
            return outcome;
          },
        ),
      leave: () => turn.leave(),
    };
  }

  event(loaded: LoadedModel, facts: PredictionFacts): string {
    const { model, version } = loaded;
    const { variant, error, latencyMs } = facts;
    const decision = facts.decision ?? FAILED;
    const served = { [NAMED.model]: model, [NAMED.version]: version, [NAMED.variant]: variant };
    this.#telemetry.count(TELEMETRY_METRICS.predictions, 1, { ...served, [NAMED.decision]: decision });
    this.#telemetry.measure(TELEMETRY_METRICS.predictionDuration, latencyMs, served);
    const told: Attributes = {
      ...served,
      [NAMED.decision]: decision,
      [NAMED.predictionId]: facts.id,
      [NAMED.latencyMs]: latencyMs,
      ...(facts.score === undefined ? {} : { [NAMED.score]: facts.score }),
      ...(facts.promotionId === undefined ? {} : { [NAMED.promotionId]: facts.promotionId }),
      ...(error === undefined ? {} : { [NAMED.errorCode]: error.code }),
    };
    this.#telemetry.event(TELEMETRY_EVENTS.prediction, told, error === undefined ? 'sample' : 'all');
    // The trace of a failure is kept, so what is done with its event later is part of it.
    const traceparent = this.#telemetry.traceparent(error !== undefined);
    return this.#recorder.event(loaded, { ...facts, traceparent });
  }
}
