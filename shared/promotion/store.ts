import { Failure } from '../failure.ts';
import { parseRow } from '../registry/parse-row.ts';
import type { Blobs, Documents, Stored } from '../registry/ports.ts';
import {
  type Evaluation,
  type EvaluationPage,
  evaluationPageSchema,
  PAGE,
  type PromotionRow,
  promotionRowSchema,
} from './record.ts';
import { promotionView } from './view.ts';

export interface StoredPromotion {
  readonly row: PromotionRow;
  readonly etag: string;
}

type Told = (before: PromotionRow | undefined, after: PromotionRow) => void;

/** The documents of promotions, and their copies in Blob. Whatever it throws is a `Failure` of kind `unavailable`. */
export class PromotionStore {
  readonly #documents: Documents;
  readonly #models: Blobs;
  readonly #told: Told;

  /** @param told is told of every document that was written, and what it was before */
  constructor(documents: Documents, models: Blobs, told: Told = () => undefined) {
    this.#documents = documents;
    this.#models = models;
    this.#told = told;
  }

  async read(model: string, promotionId: string): Promise<StoredPromotion | undefined> {
    const found = await this.#documents.read(model, idOf(promotionId));
    return found && parsed(found);
  }

  /** Newest first, those that began before `before` (milliseconds since 1970-01-01T00:00Z). */
  async list(model: string, limit: number, before: number | undefined): Promise<PromotionRow[]> {
    const found = await this.#documents.listDescending(model, 'promotion', limit, before);
    return found.map((value) => parseRow(promotionRowSchema, value));
  }

  async create(row: PromotionRow): Promise<StoredPromotion> {
    const created = await this.#documents.create(row.model, idOf(row.promotionId), row);
    if (created === undefined)
      throw new Failure('unavailable', `Promotion ${row.promotionId} exists already`);
    const stored = parsed(created);
    this.#told(undefined, stored.row);
    return stored;
  }

  /**
   * Replaces the document; full pages get documents of their own first. The copy is not brought up to date.
   * @returns undefined where somebody else has written since `before` was read
   */
  async replace(before: StoredPromotion, row: PromotionRow): Promise<StoredPromotion | undefined> {
    let next = { ...row, revision: before.row.revision + 1 };
    while (next.evaluations.length > PAGE) {
      // In sequence: a page is safe before the document lets go of it. Evaluations are only ever added at the end, so
      // whoever else writes this page writes the same.
      await this.#writePage({
        kind: 'promotion-evaluations',
        model: row.model,
        promotionId: row.promotionId,
        page: next.pages,
        evaluations: next.evaluations.slice(0, PAGE),
      });
      next = { ...next, pages: next.pages + 1, evaluations: next.evaluations.slice(PAGE) };
    }
    const replaced = await this.#documents.replace(row.model, idOf(row.promotionId), next, before.etag);
    if (replaced === undefined) return undefined;
    const stored = parsed(replaced);
    this.#told(before.row, stored.row);
    return stored;
  }

  /** Every evaluation, oldest first. */
  async evaluations(row: PromotionRow): Promise<Evaluation[]> {
    const pages = await Promise.all(
      Array.from({ length: row.pages }, async (_, page) => {
        const found = await this.#documents.read(row.model, pageId(row.promotionId, page));
        if (found === undefined)
          throw new Failure('unavailable', `Evaluations of promotion ${row.promotionId} are missing`);
        return parseRow(evaluationPageSchema, found.value).evaluations;
      }),
    );
    return [...pages.flat(), ...row.evaluations];
  }

  /** Writes the copy; again where the document has moved on meanwhile, so that the last to finish leaves the newest. */
  async copy(row: PromotionRow): Promise<void> {
    const { model, promotionId } = row;
    for (let newest = row; ;) {
      // In sequence: each copy follows the one before
      const shown = { ...newest, ...promotionView(newest, newest.evaluations) };
      await this.#models.write(`${model}/promotions/${promotionId}.json`, json(shown));
      const now = await this.read(model, promotionId);
      if (now === undefined || now.row.revision <= newest.revision) return;
      newest = now.row;
    }
  }

  async #writePage(page: EvaluationPage): Promise<void> {
    const { model, promotionId } = page;
    await this.#documents.create(model, pageId(promotionId, page.page), page);
    await this.#models.write(`${model}/promotions/${promotionId}/evaluations-${page.page}.json`, json(page));
  }
}

function idOf(promotionId: string): string {
  return `promotion:${promotionId}`;
}

function pageId(promotionId: string, page: number): string {
  return `promotion:${promotionId}:${page}`;
}

function parsed(stored: Stored): StoredPromotion {
  return { row: parseRow(promotionRowSchema, stored.value), etag: stored.etag };
}

function json(value: object): Uint8Array {
  return Buffer.from(JSON.stringify(value, undefined, 2));
}
