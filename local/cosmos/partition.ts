import { z } from 'zod';
import type { Container } from './emulator.ts';

const header = z.array(z.unknown()).length(1);

/**
 * The value of the partition that a request names.
 * @param partitionKey the header's text, such as `["a"]`; `[{}]` names the documents without a value
 * @throws SyntaxError, ZodError where the text is no list of one value
 */
export function partitionValue(partitionKey: string): unknown {
  const [value] = header.parse(JSON.parse(partitionKey));
  return typeof value === 'object' && value !== null ? undefined : value;
}

/** Whether a document belongs to the partition that a request names. */
export function isIn(container: Container, document: object, partitionKey: string): boolean {
  return container.documents._getPartition(document) === partitionValue(partitionKey);
}
