import type { AppRegistry, RegisteredFunction } from './app-registry.ts';
import { isDisabled, resolveSettings } from './app-settings.ts';
import type { Binding } from './core-types.ts';
import type { FunctionProblem, FunctionReport } from './protocol.ts';
import type { IndexedFunction, InputProvider, TriggerDriver } from './trigger-driver.ts';

const functionName = /^[A-Za-z][\w-]{0,127}$/;
/** The library's key for the value a function returns. */
const returnBinding = '$return';

export interface FunctionIndex {
  readonly functions: readonly FunctionReport[];
  readonly problems: readonly FunctionProblem[];
}

/**
 * Gives each registered function to the driver of its trigger. A function that cannot run (an unknown trigger or
 * binding, a missing setting, a wrong option) is left out and named in `problems`; the others run.
 */
export function indexFunctions(
  registry: AppRegistry,
  drivers: readonly TriggerDriver[],
  environment: NodeJS.ProcessEnv,
): FunctionIndex {
  const functions: FunctionReport[] = [];
  const problems: FunctionProblem[] = [];
  for (const registered of registry.functions.values()) {
    const { name } = registered.metadata;
    try {
      const { target, driver } = indexFunction(registered, drivers, environment);
      const description = driver.add(target);
      const suffix = target.disabled ? ' (disabled)' : '';
      functions.push({ name, trigger: target.trigger.type, description: `${description}${suffix}` });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      problems.push({ name, message: `The '${name}' function is in error: ${message}` });
    }
  }
  return { functions, problems };
}

function indexFunction(
  { metadata, callback }: RegisteredFunction,
  drivers: readonly TriggerDriver[],
  environment: NodeJS.ProcessEnv,
): { target: IndexedFunction; driver: TriggerDriver } {
  if (!functionName.test(metadata.name)) {
    throw new Error(
      `'${metadata.name}' is not a function name: a letter, then letters, digits, '-' and '_'.`,
    );
  }
  const bindings = Object.entries(metadata.bindings).map(([name, binding]) => ({ ...binding, name }));
  const raw = bindings.find((binding) => /trigger$/i.test(binding.type));
  if (raw === undefined) throw new Error('it has no trigger.');
  const driver = drivers.find(({ triggers }) => triggers.includes(raw.type.toLowerCase()));
  if (driver === undefined) throw new Error(`the trigger type '${raw.type}' is not supported by this host.`);

  const providers = drivers.flatMap((one) => one.inputs ?? []);
  const outputs = new Set(drivers.flatMap((one) => one.outputs ?? []));
  const extraInputs: { binding: Binding & { name: string }; provider: InputProvider }[] = [];
  for (const binding of bindings) {
    if (binding === raw) continue;
    const type = binding.type.toLowerCase();
    if (binding.direction === 'out') {
      const returned = binding.name === returnBinding;
      if (returned && type === 'http' && raw.type.toLowerCase() === 'httptrigger') continue;
      if (outputs.has(type)) continue;
      throw new Error(
        `the output binding '${binding.name}' of type '${binding.type}' is not supported by this host.`,
      );
    }
    const provider = providers.find(({ types }) => types.includes(type));
    if (provider === undefined) {
      throw new Error(
        `the input binding '${binding.name}' of type '${binding.type}' is not supported by this host.`,
      );
    }
    extraInputs.push({ binding: resolveBinding(binding, environment), provider });
  }
  const target: IndexedFunction = {
    name: metadata.name,
    metadata,
    callback,
    trigger: resolveBinding(raw, environment),
    extraInputs,
    retry: metadata.retryOptions,
    disabled: isDisabled(metadata.name, environment),
  };
  return { target, driver };
}

/** Azure resolves settings in every option but an HTTP trigger's, where `%` belongs to the route. */
function resolveBinding(
  binding: Binding & { name: string },
  environment: NodeJS.ProcessEnv,
): Binding & { name: string } {
  if (binding.type.toLowerCase() === 'httptrigger') return binding;
  const resolved: Record<string, unknown> = {};
  for (const [option, value] of Object.entries(binding)) {
    const literal = option === 'name' || option === 'type' || option === 'direction';
    resolved[option] = typeof value === 'string' && !literal ? resolveSettings(value, environment) : value;
  }
  return { ...resolved, type: binding.type, name: binding.name };
}
