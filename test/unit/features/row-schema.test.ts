import { Ajv2020 } from 'ajv/dist/2020.js';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { compileContract } from '../../../shared/features/compile.ts';
import { parseDefinition } from '../../../shared/features/contract.ts';
import { anyRow, everyOperation } from './every-operation.ts';

const compiled = compileContract(parseDefinition(everyOperation));
const document = z.toJSONSchema(compiled.rowSchema, { io: 'input' });

describe('the published schema of a row', () => {
  it('accepts every row that the check accepts, as JSON Schema too', () => {
    const validate = new Ajv2020({ strict: false }).compile(document);
    let refused = 0;
    fc.assert(
      fc.property(anyRow, (row) => {
        const valid = validate(row);
        if (!valid) refused += 1;
        expect(compiled.check(row, '').ok && !valid).toBe(false);
      }),
      { numRuns: 1000 },
    );
    expect(refused).toBeGreaterThan(100);
  });

  it('requires what the contract requires and shows categories as examples', () => {
    expect(document['required']).toEqual(['owner', 'at', 'amount']);
    expect(document).toHaveProperty('properties.color.anyOf.0.examples', ['red', 'green', 'other']);
    expect(document).toHaveProperty(
      'properties.color.description',
      'One of red, green, other; any other text counts as "other"',
    );
    expect(document).toHaveProperty('properties.later.description', 'Ignored: known only afterwards');
  });
});
