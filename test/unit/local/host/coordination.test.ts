import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hostIdOf } from '../../../../local/host/coordination.ts';

describe("the id of an app's hosts", () => {
  it('is one that Azure takes, the same for the same folder and another one for another folder', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (one, other) => {
        const id = hostIdOf(`/apps/${one}`, {});
        expect(id).toMatch(/^(?=.{1,32}$)[a-z0-9]+(-[a-z0-9]+)*$/);
        expect(hostIdOf(`/apps/${one}`, {})).toBe(id);
        if (one !== other) expect(hostIdOf(`/apps/${other}`, {})).not.toBe(id);
      }),
    );
    expect(hostIdOf('/apps/My App', {})).toMatch(/^my-app-[0-9a-f]{12}$/);
  });

  it('can be set, as on Azure', () => {
    expect(hostIdOf('/apps/one', { AzureFunctionsWebHost__hostid: 'Fleet-7' })).toBe('fleet-7');
    for (const wrong of ['', '-a', 'a--b', 'a_b', 'a'.repeat(33)]) {
      expect(() => hostIdOf('/apps/one', { AzureFunctionsWebHost__hostid: wrong })).toThrow(
        '1 to 32 letters',
      );
    }
  });
});
