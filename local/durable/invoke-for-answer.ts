import type { RpcTypedData } from '../host/core-types.ts';
import type { HostServices, IndexedFunction } from '../host/trigger-driver.ts';
import type { WorkerAnswer } from './engine/turn-types.ts';

/** Invokes a function, and takes an error that it throws as an answer. */
export async function invokeForAnswer(
  services: HostServices,
  target: IndexedFunction,
  data: RpcTypedData,
): Promise<WorkerAnswer> {
  try {
    const { returnValue } = await services.invoke(target, { data });
    return { kind: 'returned', value: valueOf(returnValue) };
  } catch (error) {
    if (error instanceof Error) return { kind: 'threw', message: error.message, stack: error.stack ?? '' };
    return { kind: 'threw', message: String(error), stack: '' };
  }
}

/** A returned value as the extension sees it; undefined for none. */
function valueOf(data: RpcTypedData | null | undefined): unknown {
  if (data === null || data === undefined) return undefined;
  if (typeof data.json === 'string') return JSON.parse(data.json);
  if (data.bytes !== undefined && data.bytes !== null) return Buffer.from(data.bytes).toString('base64');
  return data.string ?? data.int ?? data.double ?? undefined;
}
