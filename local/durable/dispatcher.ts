import type { AppLog } from '../host/app-log.ts';
import { ClaimLoop } from './claim-loop.ts';
import type { HubStore } from './hub-store.ts';
import type { ClaimedActivity, ClaimedTurn } from './instance.ts';

/** A hub that tells its host when there may be work. */
export interface Hub extends HubStore {
  /** Calls back after any host or client has added work, or let some go. @returns ends that */
  onWork(callback: () => void): () => void;
}

export interface Runners {
  /** Runs one turn and commits it. Rejects where it could not: the turn is then given back. */
  readonly turn: (turn: ClaimedTurn) => Promise<void>;
  readonly activity: (activity: ClaimedActivity) => Promise<void>;
}

export interface Limits {
  readonly turns: number;
  readonly activities: number;
}

/** What failed for a reason that is not the app's is tried again after so long. Milliseconds. */
const RETRY_AFTER_MS = 1_000;
/** setTimeout ends at 24.8 days, and the clock may be set or the machine sleep meanwhile. */
const LONGEST_WAIT_MS = 60_000;

/** Takes turns and activities from the hub as they become due, as many at a time as host.json allows. */
export class Dispatcher {
  readonly #hub: Hub;
  readonly #log: AppLog;
  readonly #now: () => number;
  readonly #turns: ClaimLoop<ClaimedTurn>;
  readonly #activities: ClaimLoop<ClaimedActivity>;
  #due: NodeJS.Timeout | undefined;
  #dueAt = Number.POSITIVE_INFINITY;
  #stopped = false;

  /** @param now milliseconds since 1970 */
  constructor(hub: Hub, runners: Runners, limits: Limits, log: AppLog, now: () => number) {
    this.#hub = hub;
    this.#log = log;
    this.#now = now;
    this.#turns = new ClaimLoop(
      limits.turns,
      (most) => this.#claimTurns(most),
      async (turn) => this.#runTurn(turn, runners),
    );
    this.#activities = new ClaimLoop(
      limits.activities,
      (most) => hub.claimActivities(most),
      async (activity) => this.#runActivity(activity, runners),
    );
  }

  start(): void {
    this.#hub.onWork(() => {
      this.#wake();
    });
    this.#wake();
  }

  /** Takes nothing new; resolves when what runs has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#due);
    await Promise.all([this.#turns.stop(), this.#activities.stop()]);
  }

  #wake(): void {
    if (this.#stopped) return;
    this.#turns.wake();
    this.#activities.wake();
  }

  #claimTurns(most: number): ClaimedTurn[] {
    const now = this.#now();
    const claimed = this.#hub.claimTurns(most, now);
    if (claimed.length < most) this.#armTimer(now);
    return claimed;
  }

  /** Wakes when the next message becomes visible. */
  #armTimer(now: number): void {
    const next = this.#hub.nextVisibleAt(now) ?? Number.POSITIVE_INFINITY;
    if (this.#stopped || next === this.#dueAt) return;
    clearTimeout(this.#due);
    this.#dueAt = next;
    if (next === Number.POSITIVE_INFINITY) return;
    this.#due = setTimeout(
      () => {
        this.#dueAt = Number.POSITIVE_INFINITY;
        this.#turns.wake();
      },
      Math.min(Math.max(0, next - now), LONGEST_WAIT_MS),
    );
  }

  /** Never rejects. */
  async #runTurn(turn: ClaimedTurn, runners: Runners): Promise<void> {
    const { name, instanceId } = turn.instance;
    try {
      await runners.turn(turn);
    } catch (error) {
      this.#log.system(
        'error',
        name,
        undefined,
        `A turn of instance '${instanceId}' failed: ${String(error)}`,
      );
      this.#letGo(name, () => {
        this.#hub.abandonTurn(turn, this.#now() + RETRY_AFTER_MS);
      });
    }
  }

  /** Never rejects. */
  async #runActivity(activity: ClaimedActivity, runners: Runners): Promise<void> {
    const { name, instanceId } = activity;
    try {
      await runners.activity(activity);
    } catch (error) {
      const text = `Activity ${String(activity.taskId)} of instance '${instanceId}' failed: ${String(error)}`;
      this.#log.system('error', name, undefined, text);
      this.#letGo(name, () => {
        this.#hub.abandonActivity(activity);
      });
    }
  }

  #letGo(name: string, abandon: () => void): void {
    try {
      abandon();
    } catch (error) {
      // Another host takes it over once this one's lease has ended.
      this.#log.system('error', name, undefined, `It could not be given back: ${String(error)}`);
    }
  }
}
