import {
  type Baseline,
  BASELINE_FILE,
  makeBaseline,
  readBaseline,
  writeBaseline,
} from '../drift/baseline.ts';
import { Failure, messageOf } from '../failure.ts';
import { parseContract } from '../features/contract.ts';
import { ModelRefused, readVerified } from '../registry/model-folder.ts';
import type { VersionRow } from '../registry/rows.ts';
import { parseEvaluation } from './evaluation/card.ts';
import { recordedParts } from './reproduce-evaluation.ts';
import { readRecordedData, type VerifyParts } from './verify-version.ts';

export interface BaselineParts extends VerifyParts {
  readonly report: (message: string, error?: unknown) => void;
}

/** Baselines that a worker keeps: those that are asked for again and again are few. */
const KEPT = 16;

/** The baselines of all versions, as they are asked for. */
export class Baselines {
  readonly #parts: BaselineParts;
  readonly #found = new Map<string, Promise<Baseline | undefined>>();

  constructor(parts: BaselineParts) {
    this.#parts = parts;
  }

  /**
   * A version's baseline: the one of its folder, or, for a version that is older than baselines, one that is made from
   * the data it was trained on and kept beside its folder.
   * @returns undefined where the version is not registered, or has neither a baseline nor its data
   * @throws Failure `unavailable`, ModelRefused for a baseline that is not the registered one
   */
  of(model: string, version: string): Promise<Baseline | undefined> {
    const key = `${model}/${version}`;
    let found = this.#found.get(key);
    if (found === undefined) {
      found = this.#read(model, version).catch((error: unknown) => {
        this.#found.delete(key);
        throw error;
      });
      this.#found.set(key, found);
      const [oldest] = this.#found.keys();
      if (this.#found.size > KEPT && oldest !== undefined) this.#found.delete(oldest);
    }
    return found;
  }

  async #read(model: string, version: string): Promise<Baseline | undefined> {
    const { registry, models, report } = this.#parts;
    const row = await registry.version(model, version);
    if (row === undefined) return undefined;
    if (row.files.some(({ name }) => name === BASELINE_FILE))
      return readBaseline(await readVerified(models, row, BASELINE_FILE));
    const path = laterPath(model, version);
    const kept = await models.read(path);
    if (kept !== undefined) return readBaseline(kept);
    try {
      const made = await this.#make(row);
      await models.create(path, writeBaseline(made));
      return made;
    } catch (error) {
      if (error instanceof Failure || error instanceof ModelRefused) throw error;
      report(`Version ${version} of '${model}' gets no baseline: ${messageOf(error)}`);
      return undefined;
    }
  }

  async #make(row: VersionRow): Promise<Baseline> {
    const { models } = this.#parts;
    const [onnx, contractFile, evaluationFile] = await Promise.all(
      (['model.onnx', 'contract.json', 'evaluation.json'] as const).map((name) =>
        readVerified(models, row, name),
      ),
    );
    if (onnx === undefined || contractFile === undefined || evaluationFile === undefined)
      throw new Error('its files are not all there');
    const evaluation = parseEvaluation(evaluationFile);
    const contract = parseContract(JSON.parse(Buffer.from(contractFile).toString('utf8')));
    const data = await readRecordedData(this.#parts, row, evaluation.dataset.sha256);
    const { rows, parts, training, p, ...made } = await recordedParts({ onnx, contract, evaluation }, data);
    return makeBaseline({
      contract: made.contract,
      rows: Array.from(parts.training, (index) => rows.rows[index]!),
      features: training.x,
      labels: training.y,
      scores: p,
    });
  }
}

/** Beside the version's folder, which nothing is added to. */
function laterPath(model: string, version: string): string {
  return `${model}/baselines/${version}.json`;
}
