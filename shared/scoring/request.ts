import { z } from 'zod';
import { Failure, type Problem } from '../failure.ts';
import type { RowAt } from './accept.ts';
import { MAX_TRANSACTIONS } from './score.ts';

const row = z.record(z.string(), z.unknown());

/** `POST /api/score`: one transaction or many; the rows themselves are checked by the model's contract. */
export const scoreRequestSchema = z
  .strictObject({
    transaction: row.optional().meta({ description: 'One transaction' }),
    transactions: z
      .array(row)
      .min(1)
      .max(MAX_TRANSACTIONS)
      .optional()
      .meta({ description: 'Up to 1,000 transactions' }),
  })
  .meta({ description: 'Either `transaction` or `transactions`' });

/** `POST /score`: the calling convention of an Azure ML online endpoint. */
export const featuresRequestSchema = z.strictObject({ features: row });

export interface ScoreCall {
  /** Whether the reply is a list. */
  readonly many: boolean;
  readonly rows: readonly RowAt[];
}

/**
 * The rows of a scoring request.
 * @throws Failure `too-large` above 1,000 transactions, `invalid` for anything else that the route does not take
 */
export function parseScoreRequest(body: unknown): ScoreCall {
  const members = objectOf(body);
  if ('explain' in members) {
    throw invalid([{ path: '/explain', message: 'explanations are not available yet; leave `explain` out' }]);
  }
  const unknown = Object.keys(members).filter((name) => name !== 'transaction' && name !== 'transactions');
  if (unknown.length > 0) {
    throw invalid(
      unknown.map((name) => ({ path: `/${pointerToken(name)}`, message: 'is not a member of this request' })),
    );
  }
  const one = Object.hasOwn(members, 'transaction');
  if (one === Object.hasOwn(members, 'transactions')) {
    throw invalid([{ path: '', message: 'has to hold either `transaction` or `transactions`' }]);
  }
  if (one) return { many: false, rows: [{ row: members['transaction'], path: '/transaction' }] };
  const rows = members['transactions'];
  if (!Array.isArray(rows) || rows.length === 0) {
    throw invalid([{ path: '/transactions', message: 'has to be a list of 1 to 1,000 transactions' }]);
  }
  if (rows.length > MAX_TRANSACTIONS) {
    throw new Failure(
      'too-large',
      `${rows.length} transactions are more than ${MAX_TRANSACTIONS}, the most of one request`,
    );
  }
  return {
    many: true,
    rows: rows.map((value: unknown, index) => ({ row: value, path: `/transactions/${index}` })),
  };
}

/** The row of an Azure ML style request. @throws Failure `invalid` */
export function parseFeaturesRequest(body: unknown): RowAt {
  const members = objectOf(body);
  if (!Object.hasOwn(members, 'features')) throw invalid([{ path: '/features', message: 'is missing' }]);
  return { row: members['features'], path: '/features' };
}

function objectOf(body: unknown): Record<string, unknown> {
  if (!isObject(body)) throw invalid([{ path: '', message: 'has to be a JSON object' }]);
  return body;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(problems: Problem[]): Failure {
  return new Failure('invalid', 'The body is not what this route takes', { problems });
}

/** A member name inside a JSON Pointer (RFC 6901, section 3), cut so that a reply stays small. */
function pointerToken(name: string): string {
  return name.slice(0, 64).replaceAll('~', '~0').replaceAll('/', '~1');
}
