import type { PredictionEvent } from '../../../shared/events/event-schema.ts';
import { timeOf } from '../../../shared/events/prediction-id.ts';
import { type ModelDefinition, modelDefinitionSchema } from '../../../shared/features/definition.ts';
import { labelEvent } from '../../../shared/outcomes/label-event.ts';
import { hourFolder } from '../../../shared/events/log-layout.ts';
import { MemoryBlobs } from '../../fixtures/memory-blobs.ts';
import { eventOf, idAt } from '../../fixtures/prediction-events.ts';

export const TEN = Date.UTC(2026, 2, 1, 10);
export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;
export const AS_OF = TEN + 30 * DAY;

/** A small model: an id that callers may leave out, a number, and a label. */
export function smallModel(labelling?: {
  maturity: string;
  unlabelled: 'negative' | 'drop';
}): ModelDefinition {
  return modelDefinitionSchema.parse({
    model: 'cards',
    title: 'Cards',
    description: '',
    columns: [
      { name: 'id', type: 'string', role: 'id' },
      { name: 'amount', type: 'number', required: true, min: 0 },
      { name: 'note', type: 'string' },
      { name: 'bad', type: 'number', role: 'label' },
    ],
    features: [{ op: 'passthrough', column: 'amount' }],
    policy: { review: 0.3, block: 0.7 },
    labelling,
  });
}

/** The logs of one model. */
export class Logs {
  readonly predictions = new MemoryBlobs();
  readonly labels = new MemoryBlobs();
  readonly #model: string;

  constructor(model = 'cards') {
    this.#model = model;
  }

  async predict(
    time: number,
    inputs: Record<string, string | number | boolean>,
    data: Partial<PredictionEvent['data']> = {},
  ): Promise<string> {
    const event = eventOf(idAt(time), this.#model);
    const { id } = event;
    const { subject: _, ...bare } = event;
    const subject = typeof inputs['id'] === 'string' ? { subject: inputs['id'] } : {};
    const all = { ...event.data, inputs, ...data };
    const source = `/models/${this.#model}/versions/${all.version}`;
    await this.#put(this.predictions, id, { ...bare, ...subject, source, data: all });
    return id;
  }

  async label(predictionId: string, label: 0 | 1, receivedAt = AS_OF - DAY): Promise<void> {
    const text = labelEvent({ predictionId, label, model: this.#model }, idAt(receivedAt), receivedAt);
    await this.#put(this.labels, predictionId, JSON.parse(text));
  }

  async #put(blobs: MemoryBlobs, predictionId: string, event: unknown): Promise<void> {
    const path = `${hourFolder(this.#model, timeOf(predictionId))}0.jsonl`;
    await blobs.start(path);
    await blobs.append(
      path,
      Buffer.from(`${JSON.stringify({ partition: '0', sequenceNumber: 1, event })}\n`),
    );
  }
}
