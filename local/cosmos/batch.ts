import { z } from 'zod';
import type { Container, Outcome, Row } from './emulator.ts';
import { type Operation, operations, perform } from './operations.ts';
import { partitionValue } from './partition.ts';
import { badRequest, type Reply } from './reply.ts';

const MOST_OPERATIONS = 100;
const documentId = z.looseObject({ id: z.string() });

/** A batch, as its headers describe it. */
export interface BatchRequest {
  readonly body: unknown;
  readonly partitionKey: string | undefined;
  /** All or nothing (a transactional batch), or each for itself (bulk). */
  readonly isAtomic: boolean;
  readonly continueOnError: boolean;
}

/** Carries out a batch. Its replies are in the order of its operations. */
export function answerBatch(container: Container, request: BatchRequest): Reply {
  const list = operations.safeParse(request.body).data;
  if (list === undefined) return badRequest('The batch is not a list of operations that are supported.');
  if (list.length > MOST_OPERATIONS)
    return badRequest('Batch request has more operations than what is supported.');
  const placed = list.map((one) => ({ ...one, partitionKey: one.partitionKey ?? request.partitionKey }));
  const outcomes = request.isAtomic
    ? atomically(container, placed)
    : untilFailure(container, placed, request.continueOnError);
  const hasFailed = outcomes.some(({ statusCode }) => statusCode >= 400);
  return { status: hasFailed ? 207 : 200, body: outcomes.map(toResult) };
}

/** Takes back what was done before the first failure; all but the failed operation then answer 424. */
function atomically(container: Container, list: readonly Operation[]): Outcome[] {
  const undo: (() => void)[] = [];
  const outcomes: Outcome[] = [];
  for (const [index, one] of list.entries()) {
    undo.push(rememberState(container, one));
    const outcome = perform(container, one);
    if (outcome.statusCode >= 400) {
      for (const takeBack of undo.toReversed()) takeBack();
      return list.map((_, other) => (other === index ? outcome : { statusCode: 424 }));
    }
    outcomes.push(outcome);
  }
  return outcomes;
}

/** @returns brings the operation's document back to what it is now */
function rememberState({ documents }: Container, { id, resourceBody, partitionKey }: Operation): () => void {
  const named = documentId.safeParse(resourceBody).data?.id ?? id;
  if (named === undefined || partitionKey === undefined) return () => undefined;
  const partition = partitionValue(partitionKey);
  const current = (): Row | undefined => documents._item('/id', named, partition).read();
  const before = current();
  return () => {
    if (current() === before) return;
    if (current() !== undefined) documents.delete(named, partition);
    if (before !== undefined) documents._set(before);
  };
}

function untilFailure(container: Container, list: readonly Operation[], continueOnError: boolean): Outcome[] {
  let hasFailed = false;
  return list.map((one) => {
    if (hasFailed && !continueOnError) return { statusCode: 424 };
    const outcome = perform(container, one);
    hasFailed ||= outcome.statusCode >= 400;
    return outcome;
  });
}

function toResult({ statusCode, body }: Outcome): object {
  if (statusCode >= 400) return { statusCode, requestCharge: 0 };
  return {
    statusCode,
    requestCharge: 1,
    ...(body === undefined ? {} : { resourceBody: body }),
    ...(body !== undefined && '_etag' in body ? { eTag: body._etag } : {}),
  };
}
