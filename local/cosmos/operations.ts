import { z } from 'zod';
import {
  type Container,
  createOperation,
  deleteOperation,
  type OperationInput,
  type Outcome,
  patchOperation,
  readOperation,
  replaceOperation,
  upsertOperation,
} from './emulator.ts';
import { isIn } from './partition.ts';

const operation = z.object({
  operationType: z.enum(['Create', 'Upsert', 'Read', 'Delete', 'Replace', 'Patch']),
  /** From the address, or named by the operation of a batch. */
  id: z.string().optional(),
  ifMatch: z.string().optional(),
  /** The header's text, such as `["a"]`. */
  partitionKey: z.string().optional(),
  resourceBody: z.unknown().optional(),
});

/** One operation on one document, alone or in a batch. */
export type Operation = z.infer<typeof operation>;

/** The body of a batch. */
export const operations = z.array(operation);

const document = z.looseObject({ id: z.string().min(1).max(1_023) });
const patchBody = z.union([
  z.array(z.unknown()).transform((list) => ({ operations: list, condition: undefined })),
  z.object({ operations: z.array(z.unknown()), condition: z.string().optional() }),
]);

/** Carries out one operation, with the refusals that Cosmos DB has and the package lacks. */
export function perform(container: Container, { operationType, ...request }: Operation): Outcome {
  const { partitionKey, id, ifMatch, resourceBody } = request;
  if (partitionKey === undefined) return refuse('PartitionKey value must be supplied for this operation.');
  const input: OperationInput = { partitionKey, resourceBody, ...(ifMatch === undefined ? {} : { ifMatch }) };
  switch (operationType) {
    case 'Create':
    case 'Upsert':
    case 'Replace': {
      const problem = problemOf(container, resourceBody, partitionKey, id);
      if (problem !== undefined) return refuse(problem);
      if (operationType === 'Create') return createOperation(container, input);
      return operationType === 'Upsert'
        ? upsertOperation(container, input)
        : replaceOperation(container, input);
    }
    case 'Read':
      return id === undefined ? refuse(NO_ID) : readOperation(container, { ...input, id });
    case 'Delete':
      return id === undefined ? refuse(NO_ID) : deleteOperation(container, { ...input, id });
    case 'Patch':
      return id === undefined ? refuse(NO_ID) : patch(container, { ...input, id });
  }
}

const NO_ID = 'The operation names no document.';

function problemOf(
  container: Container,
  body: unknown,
  partitionKey: string,
  id?: string,
): string | undefined {
  const parsed = document.safeParse(body).data;
  if (parsed === undefined) return 'The document has no usable id.';
  if (/[/\\?#]/.test(parsed.id)) return 'The id contains one of the characters / \\ ? #.';
  if (id !== undefined && id !== parsed.id) return "The document's id is not the one in the address.";
  if (!isIn(container, parsed, partitionKey)) {
    return "PartitionKey extracted from document doesn't match the one specified in the header";
  }
  return undefined;
}

function patch(container: Container, input: OperationInput & { readonly id: string }): Outcome {
  const parsed = patchBody.safeParse(input.resourceBody).data;
  if (parsed === undefined) return refuse('Invalid patch request: check syntax of patch specification.');
  const { statusCode, body } = readOperation(container, input);
  if (statusCode !== 200 || body === undefined) return { statusCode, body: body ?? {} };
  if (parsed.condition !== undefined && !holds(container, parsed.condition, body)) {
    return {
      statusCode: 412,
      body: { code: 'PreconditionFailed', message: 'The condition of the patch does not hold.' },
    };
  }
  return patchOperation(container, { ...input, operations: parsed.operations });
}

/** @param condition such as `from c where c.state = 'A'` (the package would compare it in lower case) */
function holds(container: Container, condition: string, row: object): boolean {
  const query = container.documents._getQuery(`SELECT * ${condition}`);
  return query.exec([row], { udf: {}, compositeIndexes: [] }).result.length > 0;
}

function refuse(message: string): Outcome {
  return { statusCode: 400, body: { code: 'BadRequest', message } };
}
