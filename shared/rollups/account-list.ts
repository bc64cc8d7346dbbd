import { z } from 'zod';

/** The accounts of one minute that showed an event, as a row keeps them. */
export const accountListSchema = z.object({
  /** Distinct 32-bit assignment hashes, little-endian, in base64: half the size of JSON's numbers. */
  hashes: z.base64(),
  /** Events whose account has no room in the list, or no hash. */
  others: z.int().nonnegative(),
});
export type AccountList = z.infer<typeof accountListSchema>;

export const NO_ACCOUNTS: AccountList = { hashes: '', others: 0 };

export function hashesToText(hashes: Iterable<number>): string {
  const words = Uint32Array.from(hashes);
  const bytes = new DataView(new ArrayBuffer(words.length * 4));
  words.forEach((hash, index) => bytes.setUint32(index * 4, hash, true));
  return Buffer.from(bytes.buffer).toString('base64');
}

export function hashesOfText(text: string): number[] {
  const bytes = Buffer.from(text, 'base64');
  const hashes: number[] = [];
  for (let at = 0; at + 4 <= bytes.length; at += 4) hashes.push(bytes.readUInt32LE(at));
  return hashes;
}

/** Adds to a list; it is decoded only if there is something to add. */
export class AccountTally {
  readonly #before: AccountList;
  readonly #limit: number;
  #hashes: Set<number> | undefined;
  #others: number;

  /** @param limit the most hashes */
  constructor(before: AccountList, limit: number) {
    this.#before = before;
    this.#limit = limit;
    this.#others = before.others;
  }

  /** One event. An account that is in the list already changes nothing: it counts once. */
  add(hash: number | undefined): void {
    this.#hashes ??= new Set(hashesOfText(this.#before.hashes));
    if (hash === undefined) this.#others += 1;
    else if (this.#hashes.has(hash)) return;
    else if (this.#hashes.size < this.#limit) this.#hashes.add(hash);
    else this.#others += 1;
  }

  list(): AccountList {
    if (this.#hashes === undefined) return this.#before;
    return { hashes: hashesToText(this.#hashes), others: this.#others };
  }
}
