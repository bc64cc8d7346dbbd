import { describe, expect, it } from 'vitest';
import { murmur3 } from '../../../shared/registry/murmur3.ts';

/** Known answers of MurmurHash3_x86_32, as other implementations publish them. */
const KNOWN: readonly [string, number, number][] = [
  ['', 0, 0],
  ['', 1, 0x514e28b7],
  ['', 0xffffffff, 0x81f16f39],
  ['\0\0\0\0', 0, 0x2362f9de],
  ['aaaa', 0x9747b28c, 0x5a97808a],
  ['aaa', 0x9747b28c, 0x283e0130],
  ['aa', 0x9747b28c, 0x5d211726],
  ['a', 0x9747b28c, 0x7fa09ea6],
  ['abcd', 0x9747b28c, 0xf0478627],
  ['abc', 0x9747b28c, 0xc84a62dd],
  ['Hello, world!', 0x9747b28c, 0x24884cba],
  ['ππππππππ', 0x9747b28c, 0xd58063c1],
  ['The quick brown fox jumps over the lazy dog', 0x9747b28c, 0x2fa826cd],
];

describe('murmur3', () => {
  it.each(KNOWN)('of %j with seed %i is known', (text, seed, expected) => {
    const bytes = Buffer.from(text);
    expect(murmur3(bytes, bytes.length, seed)).toBe(expected);
  });

  it('leaves alone what follows the given length', () => {
    expect(murmur3(Buffer.from('abcdefg'), 3, 0x9747b28c)).toBe(0xc84a62dd);
  });
});
