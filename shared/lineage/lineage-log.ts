import { z } from 'zod';
import { Failure } from '../failure.ts';
import type { Documents } from '../registry/ports.ts';
import { type EventType, type RunEvent, runEventSchema } from './run-event.ts';

const documentSchema = z.object({
  kind: z.literal('run-event'),
  runId: z.string(),
  event: runEventSchema,
});

export interface LineageParts {
  /** Documents of the `lineage` container. */
  readonly documents: Documents;
  /** Hands an event to a lineage service; absent where none is set. */
  readonly post?: ((event: RunEvent) => Promise<void>) | undefined;
  readonly report: (message: string, error?: unknown) => void;
}

/** The run events of all models: stored for good, and handed on to a lineage service where one is set. */
export class LineageLog {
  readonly #parts: LineageParts;

  constructor(parts: LineageParts) {
    this.#parts = parts;
  }

  /**
   * Records events in their order. Recording one again changes nothing, and of those that end a run the first stands. A
   * service that does not take them is reported,
   * and no reason to fail: what counts is stored.
   * @throws Failure `unavailable` where they can't be stored
   */
  async record(model: string, events: readonly RunEvent[]): Promise<void> {
    const { documents, post, report } = this.#parts;
    for (const event of events) {
      const { runId } = event.run;
      const document = { kind: 'run-event', number: Date.parse(event.eventTime), runId, event };
      // In sequence: a START has to be there before what ends the run
      const created = await documents.create(model, idOf(runId, event.eventType), document);
      if (created === undefined || post === undefined) continue;
      await post(event).catch((error: unknown) =>
        report(`The lineage service did not take the ${event.eventType} of run ${runId}`, error),
      );
    }
  }

  /** The events of a run, its START first. @throws Failure `unavailable`, `internal` for a document that is none of ours */
  async eventsOf(model: string, runId: string): Promise<RunEvent[]> {
    const found = await Promise.all(
      ['START', 'END'].map((part) => this.#parts.documents.read(model, `run:${runId}:${part}`)),
    );
    return found.flatMap((stored) => {
      if (stored === undefined) return [];
      const parsed = documentSchema.safeParse(stored.value);
      if (parsed.success) return [parsed.data.event];
      throw new Failure('unavailable', `A lineage document of run ${runId} is not valid`, {
        cause: parsed.error,
      });
    });
  }
}

function idOf(runId: string, type: EventType): string {
  // What ends a run has one document, so that a run ends once.
  return `run:${runId}:${type === 'START' ? 'START' : 'END'}`;
}
