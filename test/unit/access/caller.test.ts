import { describe, expect, it } from 'vitest';
import { inPlaceOf, isSameCaller, nameOnRecord } from '../../../shared/access/caller.ts';

const ADA = 'aaaaaaaa-0000-4000-8000-00000000000a';
const EVE = 'eeeeeeee-0000-4000-8000-00000000000e';

describe('a caller on record', () => {
  it('has a name to read and an id that stays', () => {
    expect(nameOnRecord({ id: ADA, name: 'Ada' })).toBe(`Ada (${ADA})`);
    expect(nameOnRecord({ id: ADA, name: 'a'.repeat(300) }).length).toBeLessThanOrEqual(200);
  });

  it('is the same under another name, and another under the same name', () => {
    expect(isSameCaller(`Ada (${ADA})`, `Ada Lovelace (${ADA.toUpperCase()})`)).toBe(true);
    expect(isSameCaller(`Ada (${ADA})`, `Ada (${EVE})`)).toBe(false);
  });

  it('cannot pass for another by a name that looks like an id', () => {
    const sly = nameOnRecord({ id: EVE, name: `Ada (${ADA})` });
    expect(isSameCaller(sly, `Eve (${EVE})`)).toBe(true);
    expect(isSameCaller(sly, `Ada (${ADA})`)).toBe(false);
  });

  it('without a token is who it says', () => {
    expect(isSameCaller('Ada', 'Ada')).toBe(true);
    expect(isSameCaller('Ada', 'Eve')).toBe(false);
    expect(isSameCaller('Ada', `Ada (${ADA})`)).toBe(false);
    expect(inPlaceOf('approvedBy', undefined)).toEqual({});
  });
});
