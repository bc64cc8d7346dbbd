import { isDeepStrictEqual } from 'node:util';
import { SqliteStore } from '../local/durable/store/sqlite-store.ts';
import type { OrchestratorName } from './crash-app/orchestrators.ts';
import { faultsOfHistory, type SentEvents } from './crash-history.ts';
import { faultsOfReplay } from './crash-replay.ts';
import type { CrashRun } from './crash-run.ts';

export interface CrashCheck {
  /** Orchestrations with their sub-orchestrations. */
  readonly instances: number;
  readonly events: number;
  readonly activities: number;
  /** Those of retries and those that a kill made necessary are among them. */
  readonly activityRuns: number;
  readonly faults: readonly string[];
}

interface Expected {
  readonly id: string;
  readonly name: OrchestratorName;
  /** Undefined where it follows from the parent's. */
  readonly output?: unknown;
  readonly sent: SentEvents;
}

const NOTHING_SENT: SentEvents = new Map();

/** Reads what a crash run has left on disk, and says everything that is wrong with it. */
export async function checkCrashRun({
  planned,
  sent,
  journal,
  hubFile,
  faults,
}: CrashRun): Promise<CrashCheck> {
  const expected = planned.flatMap(({ id, name, output, children }): Expected[] => [
    { id, name, output, sent: sent.get(id) ?? NOTHING_SENT },
    ...children.map((child) => ({ id: child, name: 'chain' as const, sent: NOTHING_SENT })),
  ]);
  const hub = new SqliteStore({ file: hubFile, background: false });
  const found: string[] = [...faults];
  try {
    for (const one of expected) {
      found.push(...(await faultsOfInstance(hub, one)).map((fault) => `${one.id}: ${fault}`));
    }
  } finally {
    await hub.close();
  }
  const ran = new Set(journal);
  const wanted = planned.flatMap(({ activities }) => activities);
  found.push(...wanted.filter((key) => !ran.has(key)).map((key) => `activity ${key} was never run`));
  return {
    instances: expected.length,
    events: [...sent.values()].reduce((sum, { size }) => sum + size, 0),
    activities: wanted.length,
    activityRuns: journal.length,
    faults: found,
  };
}

async function faultsOfInstance(hub: SqliteStore, { id, name, output, sent }: Expected): Promise<string[]> {
  const instance = hub.find(id);
  if (instance === undefined) return ['it is not there'];
  if (instance.status !== 'Completed') return [`it is ${instance.status}: ${instance.output ?? ''}`];
  const result: unknown = JSON.parse(instance.output ?? 'null');
  const wrong = output !== undefined && !isDeepStrictEqual(result, output);
  const history = hub.history(id);
  return [
    ...(wrong ? [`its output is ${JSON.stringify(result)}, not ${JSON.stringify(output)}`] : []),
    ...faultsOfHistory(history, sent),
    ...(await faultsOfReplay(name, id, history, result)),
  ];
}
