import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { createRandom } from '../shared/training/random.ts';
import type { SentEvents } from './crash-history.ts';
import { CrashHosts } from './crash-hosts.ts';
import { type PlannedInstance, planInstances } from './crash-plan.ts';

export interface CrashOptions {
  readonly orchestrations: number;
  readonly kills: number;
  /** How many hosts share the hub. */
  readonly hosts: number;
  readonly seed: number;
  /** An empty folder for the hub and the journal. */
  readonly home: string;
  readonly onProgress?: (stage: string, done: number, total: number) => void;
}

export interface CrashRun {
  readonly planned: readonly PlannedInstance[];
  /** How often each external event was sent, by instance. */
  readonly sent: ReadonlyMap<string, SentEvents>;
  /** The keys of the activities, one for each run. */
  readonly journal: readonly string[];
  /** The file of the task hub. */
  readonly hubFile: string;
  /** What the test itself saw that must not be. */
  readonly faults: readonly string[];
}

const APP = join(import.meta.dirname, 'crash-app');
const API = '/runtime/webhooks/durabletask';
/** A kill comes up to so long after a host serves, and an event up to so long after its instance was started. */
const MOST_MS = 500;
/** This share of the kills hits a host that is still starting. */
const EARLY_KILLS = 0.2;
const END_BOUND_MS = 120_000;
const POLL_MS = 100;

const listed = z.array(z.object({ instanceId: z.string(), runtimeStatus: z.string() }));

/**
 * Starts orchestrations on hosts that are killed at random moments, the same ones for the same seed, and waits until all
 * of them have ended. Which instruction a kill hits is up to the machine.
 * @throws Error when orchestrations do not end, or hosts do not come back
 */
export async function crashRun(options: CrashOptions): Promise<CrashRun> {
  const { orchestrations, kills, home, onProgress = () => undefined } = options;
  const random = createRandom(options.seed);
  const planned = planInstances(orchestrations, random);
  const journalFile = join(home, 'journal');
  const state = join(home, 'host');
  await mkdir(state, { recursive: true });
  await writeFile(journalFile, '');
  const hosts = new CrashHosts(APP, state, { ...process.env, CRASH_JOURNAL: journalFile });
  const faults: string[] = [];
  const sent = new Map<string, Map<number, number>>();
  try {
    await hosts.start(options.hosts);
    const tended: Promise<void>[] = [];
    for (let kill = 0; kill <= kills; kill++) {
      const first = Math.floor((orchestrations * kill) / (kills + 1));
      const next = Math.floor((orchestrations * (kill + 1)) / (kills + 1));
      for (const instance of planned.slice(first, next)) {
        const delays = instance.events.map(() => random() * MOST_MS);
        const attempts = new Map<number, number>();
        sent.set(instance.id, attempts);
        tended.push(tend(hosts, instance, delays, attempts, faults));
      }
      if (kill === kills) break;
      onProgress('kills', kill, kills);
      const victim = Math.floor(random() * options.hosts);
      const early = random() < EARLY_KILLS;
      const delay = random() * MOST_MS;
      if (!early) await hosts.ready(victim);
      await wait(delay);
      await hosts.kill(victim);
    }
    onProgress('kills', kills, kills);
    await Promise.all(tended);
    await untilEnded(hosts, planned, (ended) => onProgress('ended', ended, orchestrations));
  } finally {
    await hosts.stop();
  }
  const journal = (await readFile(journalFile, 'utf8')).split('\n').filter((line) => line !== '');
  return { planned, sent, journal, hubFile: join(state, 'durable', 'crashtest.db'), faults };
}

/** Starts an instance and sends it its events, each until it was answered. */
async function tend(
  hosts: CrashHosts,
  instance: PlannedInstance,
  delays: readonly number[],
  attempts: Map<number, number>,
  faults: string[],
): Promise<void> {
  const { id, events } = instance;
  const status = await start(hosts, instance);
  if (status !== 202) faults.push(`${id}: its start was answered ${status}`);
  const raise = async (number: number, delay: number): Promise<void> => {
    await wait(delay);
    for (let tries = 1; ; tries++) {
      attempts.set(number, tries);
      const reply = await hosts.attempt(`${API}/instances/${id}/raiseEvent/event`, json(number));
      if (reply === undefined) continue;
      // An answer that was lost with its host may have been the one that ended the instance.
      const over = reply.status === 410 && tries > 1;
      if (reply.status !== 202 && !over) faults.push(`${id}: event ${number} was answered ${reply.status}`);
      return;
    }
  };
  await Promise.all(events.map((number, index) => raise(number, delays[index] ?? 0)));
}

/** Starts an instance, again where the answer was lost with a host that had not taken the request. */
async function start(hosts: CrashHosts, { id, name, input }: PlannedInstance): Promise<number> {
  for (;;) {
    const reply = await hosts.attempt(`${API}/orchestrators/${name}/${id}`, json(input));
    if (reply !== undefined) return reply.status;
    const found = await hosts.request(`${API}/instances/${id}`);
    if (found.status !== 404) return 202;
  }
}

function json(body: unknown): RequestInit {
  return { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

async function untilEnded(
  hosts: CrashHosts,
  planned: readonly PlannedInstance[],
  onEnded: (count: number) => void,
): Promise<void> {
  const giveUp = Date.now() + END_BOUND_MS;
  for (;;) {
    const open = await openInstances(hosts);
    onEnded(planned.filter(({ id }) => !open.includes(id)).length);
    if (open.length === 0) return;
    if (Date.now() > giveUp)
      throw new Error(`Still open after ${END_BOUND_MS / 1_000} s: ${open.join(', ')}\n${hosts.output}`);
    await wait(POLL_MS);
  }
}

/** The orchestrations that have not ended; entities never do. */
async function openInstances(hosts: CrashHosts): Promise<string[]> {
  const query = 'runtimeStatus=Pending,Running,Suspended&showInput=false&top=1000';
  const response = await hosts.request(`${API}/instances?${query}`);
  const instances = listed.parse(await response.json());
  return instances.map(({ instanceId }) => instanceId).filter((id) => !id.startsWith('@'));
}
