import { Failure } from '../failure.ts';
import type { CompiledContract } from '../features/compile.ts';
import type { Catalogue } from '../registry/catalogue.ts';
import type { Serving } from './serving.ts';

/** Models beyond these are scored as all are, but have no entry of their own in the API document. */
const MAX_DOCUMENTED = 100;

/** Each model with the contract of the version that serves it now; one that cannot serve is left out. */
export async function documentedModels(
  catalogue: Catalogue,
  serving: Serving,
): Promise<{ model: string; contract: CompiledContract }[]> {
  const { items } = await catalogue.models(MAX_DOCUMENTED);
  const found = await Promise.all(
    items.map(async ({ model }) => {
      try {
        return [{ model, contract: (await serving.champion(model)).contract }];
      } catch (error) {
        if (error instanceof Failure) return [];
        throw error;
      }
    }),
  );
  return found.flat();
}
