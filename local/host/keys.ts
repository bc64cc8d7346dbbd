import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { dirname } from 'node:path';
import { z } from 'zod';
import { waitForLock } from '../lock.ts';
import { parseQuery } from './request-query.ts';

/** How long the keys may be in use by hosts that start at the same time, in milliseconds. */
const lockBound = 10_000;

const namedKeys = z.record(z.string(), z.string().min(1));

const keysFile = z.object({
  /** Opens everything, and alone opens what asks for `admin`. */
  masterKey: z.string().min(1),
  /** Open every function. */
  hostKeys: namedKeys,
  /** Open the webhooks of extensions, by extension. */
  systemKeys: namedKeys.default({}),
  /** By function: each key opens that function only. */
  functionKeys: z.record(z.string(), namedKeys),
});

export type Keys = z.infer<typeof keysFile>;
export type AuthLevel = 'anonymous' | 'function' | 'admin';

/**
 * Reads the keys, or makes random ones the first time; a function that has none yet gets a `default` key, and so does
 * an extension. The file can be read by its owner only.
 * @throws Error naming the file and what is wrong with it
 */
export async function readOrCreateKeys(
  path: string,
  functionNames: readonly string[],
  systemNames: readonly string[] = [],
): Promise<Keys> {
  await mkdir(dirname(path), { recursive: true });
  // Hosts that start together must not each make keys of their own.
  const lock = await waitForLock(`${path}.lock.db`, lockBound);
  try {
    return await completeKeys(path, functionNames, systemNames);
  } finally {
    lock.release();
  }
}

async function completeKeys(
  path: string,
  functionNames: readonly string[],
  systemNames: readonly string[],
): Promise<Keys> {
  const known = await readKeys(path);
  const keys: Keys = known ?? {
    masterKey: newKey(),
    hostKeys: { default: newKey() },
    systemKeys: {},
    functionKeys: {},
  };
  let changed = known === undefined;
  for (const name of functionNames) {
    if (Object.hasOwn(keys.functionKeys, name)) continue;
    keys.functionKeys[name] = { default: newKey() };
    changed = true;
  }
  for (const name of systemNames) {
    if (Object.hasOwn(keys.systemKeys, name)) continue;
    keys.systemKeys[name] = newKey();
    changed = true;
  }
  if (changed) {
    const beside = `${path}.${String(process.pid)}.tmp`;
    await writeFile(beside, `${JSON.stringify(keys, undefined, 2)}\n`, { mode: 0o600 });
    // The mode given above does not count where the file was there before.
    await chmod(beside, 0o600);
    await rename(beside, path);
  }
  return keys;
}

async function readKeys(path: string): Promise<Keys | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new Error(`Cannot read the keys in ${path}: ${String(error)}`, { cause: error });
  }
  try {
    return keysFile.parse(JSON.parse(text));
  } catch (error) {
    throw new Error(`${path} is not a file of keys: ${String(error)}`, { cause: error });
  }
}

/**
 * The check for one function. Azure takes the key from the header `x-functions-key`, else from the query's `code`.
 */
export function keyCheck(
  keys: Keys,
  functionName: string,
  level: AuthLevel,
): (message: IncomingMessage) => boolean {
  if (level === 'anonymous') return () => true;
  const own = Object.hasOwn(keys.functionKeys, functionName) ? keys.functionKeys[functionName] : {};
  const texts = level === 'admin' ? [] : [...Object.values(keys.hostKeys), ...Object.values(own ?? {})];
  return anyKey([keys.masterKey, ...texts]);
}

/** The check for callers that have one of some keys. */
export function anyKey(texts: readonly string[]): (message: IncomingMessage) => boolean {
  const accepted = texts.map(digest);
  return (message) => {
    const given = message.headers['x-functions-key'] ?? codeOf(message.url ?? '');
    if (typeof given !== 'string') return false;
    const sent = digest(given);
    // All are compared, each in constant time: the time taken tells nothing about the keys.
    return accepted.map((key) => timingSafeEqual(key, sent)).includes(true);
  };
}

function codeOf(target: string): string | undefined {
  if (!target.includes('?')) return undefined;
  const found = [...parseQuery(target)].find(([name]) => name.toLowerCase() === 'code');
  return found?.[1];
}

function digest(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

function newKey(): string {
  return randomBytes(40).toString('base64url');
}
