import { setImmediate } from 'node:timers/promises';
import type { ApiContext, KnownFunctions } from './api-context.ts';
import { ApiRefusal, badArgument } from './api-reply.ts';
import { hasEnded } from '../history.ts';
import { newOrchestration } from './new-orchestration.ts';

export interface StartRequest {
  readonly name: string;
  /** Empty: a new one. */
  readonly instanceId: string;
  /** JSON text. */
  readonly input: string | null;
  /** Undefined: that of host.json. */
  readonly version: string | undefined;
}

const MAXIMUM_ID_LENGTH = 256;

/**
 * Starts an orchestration. As on Azure the look at an instance of the same id and the start are two steps: of two
 * requests at the same moment both are told that they started it, and one instance runs.
 * @returns its id
 * @throws ApiRefusal
 */
export async function startOrchestration(context: ApiContext, request: StartRequest): Promise<string> {
  const { store } = context;
  checkFunction(context.orchestrators, request.name, 'orchestrator');
  checkInstanceId(request.instanceId);
  const instanceId = request.instanceId === '' ? context.newId() : request.instanceId;
  const existing = store.find(instanceId);
  const running = existing !== undefined && !hasEnded(existing.status);
  if (running && context.overridableExistingInstanceStates === 'NonRunningStates') {
    throw conflict(`An Orchestration instance with the status ${existing.status} already exists.`);
  }
  await setImmediate();
  const { instance, message } = newOrchestration({
    instanceId,
    executionId: context.newId(),
    name: request.name,
    version: request.version ?? context.defaultVersion ?? '',
    input: request.input,
    now: context.now(),
  });
  // Where somebody else was quicker the start is forgotten, as Azure's is when its row is there already.
  if (existing === undefined) store.create(instance, message);
  else if (running) store.send([message]);
  else store.replaceEnded(instance, message);
  return instanceId;
}

/** @throws ApiRefusal where the app has no such function */
export function checkFunction(known: KnownFunctions, name: string, kind: 'orchestrator' | 'entity'): void {
  if (known.find(name) !== undefined) return;
  const others =
    known.names.length === 0
      ? `No ${kind} functions are currently registered!`
      : `The following are the known ${kind} functions: '${known.names.join("', '")}'.`;
  const article = kind === 'entity' ? 'an entity' : 'an orchestrator';
  throw badArgument(
    `The function '${name}' doesn't exist, is disabled, or is not ${article} function. Additional info: ${others}`,
  );
}

function checkInstanceId(id: string): void {
  if (id.startsWith('@')) throw badArgument('Orchestration instance ids must not start with @.');
  if (hasForbiddenCharacter(id)) {
    throw badArgument('Orchestration instance ids must not contain /, \\, #, ?, or control characters.');
  }
  if (id.length > MAXIMUM_ID_LENGTH) {
    throw badArgument(`Instance ID lengths must not exceed ${String(MAXIMUM_ID_LENGTH)} characters.`);
  }
}

/** Whether an id has what Azure's tables can't have in a key. An encoded slash stays encoded on its way here. */
export function hasForbiddenCharacter(id: string): boolean {
  return /[/\\#?\p{Cc}]|%2f/iu.test(id);
}

function conflict(detail: string): ApiRefusal {
  return new ApiRefusal(
    409,
    'An orchestration of this id already exists.',
    detail,
    'DurableTask.Core.Exceptions.OrchestrationAlreadyExistsException',
  );
}
