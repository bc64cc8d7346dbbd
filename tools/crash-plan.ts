import type { Random } from '../shared/training/random.ts';
import type { OrchestratorName } from './crash-app/orchestrators.ts';

/** One orchestration of the crash test, and what has to come of it. */
export interface PlannedInstance {
  readonly id: string;
  readonly name: OrchestratorName;
  readonly input: object;
  readonly output: unknown;
  /** Numbers of the external events that it is sent. */
  readonly events: readonly number[];
  /** Keys of the activities that run at least once. */
  readonly activities: readonly string[];
  /** Sub-orchestrations that it starts. */
  readonly children: readonly string[];
}

const HOUR_MS = 3_600_000;

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);
const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

/** What an orchestrator makes of a number of steps from 2 to 5. */
const KINDS: Record<
  OrchestratorName,
  (id: string, steps: number, random: Random) => Omit<PlannedInstance, 'id' | 'name'>
> = {
  chain: counted,
  fanOut: counted,
  timers: counted,
  events: (id, steps) => ({ ...counted(id, steps), events: upTo(steps) }),
  eternal: (id, steps) => ({ ...counted(id, steps), input: { steps, total: 0 } }),
  race: (_id, _steps, random) => {
    const answered = random() < 0.5;
    return {
      input: { waitMs: answered ? HOUR_MS : 50 + Math.floor(random() * 500) },
      output: answered ? 'answered' : 'timed out',
      events: answered ? [1] : [],
      activities: [],
      children: [],
    };
  },
  retry: (id, steps) => ({
    input: { steps },
    output: 'succeeded',
    events: [],
    activities: [`${id}/flaky`],
    children: [],
  }),
  parent: (id, steps) => ({
    input: { steps },
    output: sum(upTo(steps).map((child) => sum(upTo(child)))),
    events: [],
    activities: upTo(steps).flatMap((child) => upTo(child).map((step) => `${id}-${child}/${step}`)),
    children: upTo(steps).map((child) => `${id}-${child}`),
  }),
  counter: (_id, steps) => ({
    input: { steps },
    output: steps,
    events: [],
    activities: [],
    children: [],
  }),
};

function counted(id: string, steps: number): Omit<PlannedInstance, 'id' | 'name'> {
  return {
    input: { steps },
    output: sum(upTo(steps)),
    events: [],
    activities: upTo(steps).map((step) => `${id}/${step}`),
    children: [],
  };
}

const NAMES = [
  'chain',
  'fanOut',
  'timers',
  'events',
  'eternal',
  'race',
  'retry',
  'parent',
  'counter',
] as const;

/** Draws a mix of orchestrations; each kind is as likely as another. */
export function planInstances(count: number, random: Random): PlannedInstance[] {
  return upTo(count).map((number) => {
    const name = NAMES[Math.floor(random() * NAMES.length)] ?? 'chain';
    const id = `${name}-${number}`;
    const steps = 2 + Math.floor(random() * 4);
    return { id, name, ...KINDS[name](id, steps, random) };
  });
}
