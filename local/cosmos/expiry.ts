import { z } from 'zod';
import type { Account, Container } from './emulator.ts';

const livingTimes = z.looseObject({ defaultTtl: z.number().optional() });
const ownTime = z.looseObject({ ttl: z.number().optional() });

/**
 * Removes the documents whose time to live is over. A container without `defaultTtl` keeps everything; with -1 a
 * document lives for ever unless it has a `ttl` of its own.
 * @param now seconds since 1970
 */
export function removeExpired(account: Account, now: number): void {
  for (const database of account.databases._data.values()) {
    for (const container of database.collections._data.values()) removeExpiredOf(container, now);
  }
}

function removeExpiredOf(container: Container, now: number): void {
  const defaultTtl = livingTimes.safeParse(container.read()).data?.defaultTtl;
  if (defaultTtl === undefined) return;
  const { documents } = container;
  const rows = [...documents._data.values()].flatMap((document) => document.read() ?? []);
  for (const row of rows) {
    const ttl = ownTime.safeParse(row).data?.ttl ?? defaultTtl;
    if (ttl > 0 && row._ts + ttl <= now) documents.delete(row.id, documents._getPartition(row));
  }
}
