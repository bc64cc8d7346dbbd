import { messageOf } from '../failure.ts';
import type { Serving } from './serving.ts';

export interface Readiness {
  readonly ready: boolean;
  readonly parts: readonly { readonly part: string; readonly ready: boolean; readonly detail?: string }[];
}

/** Whether the first score of the default model would succeed; asking also starts what is missing. */
export async function readiness(serving: Serving, model: string): Promise<Readiness> {
  const part = `model ${model}`;
  try {
    await serving.champion(model);
    return { ready: true, parts: [{ part, ready: true }] };
  } catch (error) {
    return { ready: false, parts: [{ part, ready: false, detail: messageOf(error) }] };
  }
}
