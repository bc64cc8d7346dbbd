import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { messageOf } from '../failure.ts';
import type { LoadedModel } from './load-model.ts';
import { type ShadowAnswer, shadowAnswerSchema, type ShadowRequest } from './shadow-message.ts';

/** A thread that scores rows beside the one that answers callers. */
export interface ShadowThread {
  /**
   * Scores the first `rows` rows; takes the array with it. One call at a time.
   * @throws Error where the thread has ended, or ends before it answers
   */
  score(loaded: LoadedModel, features: Float32Array<ArrayBuffer>, rows: number): Promise<ShadowAnswer>;
  /** Asks the thread to end once it has answered. */
  end(): void;
}

/** Starts the thread; a model's file is sent to it with the first rows. It does not keep the process alive. */
export function startShadowThread(): ShadowThread {
  const script = new URL(`./shadow-worker${extname(import.meta.url)}`, import.meta.url);
  const worker = new Worker(script, { name: 'shadow' });
  worker.unref();
  const models = new Map<LoadedModel, number>();
  let pending: PromiseWithResolvers<ShadowAnswer> | undefined;
  let ended: Error | undefined;
  const fail = (error: Error): void => {
    ended ??= error;
    pending?.reject(ended);
  };
  worker.on('message', (value: unknown) => {
    const parsed = shadowAnswerSchema.safeParse(value);
    if (parsed.success) pending?.resolve(parsed.data);
    else pending?.reject(parsed.error);
  });
  worker.on('error', (cause: unknown) =>
    fail(new Error(`the shadow's thread has failed: ${messageOf(cause)}`, { cause })),
  );
  worker.on('exit', (code) => fail(new Error(`the shadow's thread ended with code ${code}`)));
  return {
    score(loaded, features, rows) {
      if (ended !== undefined) return Promise.reject(ended);
      pending = Promise.withResolvers();
      const known = models.get(loaded);
      const model = known ?? models.size;
      if (known === undefined) models.set(loaded, model);
      const { width } = loaded.contract;
      const request: ShadowRequest = { kind: 'score', model, width, rows, features };
      worker.postMessage(known === undefined ? { ...request, onnx: loaded.onnx } : request, [
        features.buffer,
      ]);
      return pending.promise;
    },
    end: () => worker.postMessage({ kind: 'end' } satisfies ShadowRequest, []),
  };
}
