import type { HostServices } from '../host/trigger-driver.ts';
import type { AppFunctions } from './app-functions.ts';
import type { GroupCommit } from './store/group-commit.ts';
import type { HistoryEvent } from './history.ts';
import { callHttp, HTTP_ACTIVITY } from './http-activity.ts';
import type { HubStore } from './hub-store.ts';
import type { ClaimedActivity } from './instance.ts';
import { invokeForAnswer } from './invoke-for-answer.ts';
import type { WorkerAnswer } from './engine/turn-types.ts';
import {
  activityCompleted,
  activityFailed,
  activityNotThere,
  activityTrigger,
} from './engine/worker-messages.ts';

/** Runs activities, at least once each. */
export class ActivityRunner {
  readonly #services: HostServices;
  readonly #activities: AppFunctions;
  readonly #store: HubStore;
  readonly #commits: GroupCommit;
  readonly #now: () => number;
  readonly #stopping = new AbortController();

  /** @param now milliseconds since 1970 */
  constructor(
    services: HostServices,
    activities: AppFunctions,
    store: HubStore,
    commits: GroupCommit,
    now: () => number,
  ) {
    this.#services = services;
    this.#activities = activities;
    this.#store = store;
    this.#commits = commits;
    this.#now = now;
  }

  /** Runs one and sends its result or failure to its instance. */
  async run(activity: ClaimedActivity): Promise<void> {
    const event = await this.#result(activity);
    if (event === undefined) {
      this.#store.abandonActivity(activity);
      return;
    }
    if (await this.#commits.run(() => this.#store.completeActivity(activity, event))) return;
    const text = `Activity ${String(activity.taskId)} of instance '${activity.instanceId}' is another host's by now: its result is dropped.`;
    this.#services.log.system('warning', activity.name, undefined, text);
  }

  /** Cuts off what the host itself does; functions go on. */
  stop(): void {
    this.#stopping.abort();
  }

  /** @returns undefined where the host stops before there is one */
  async #result(activity: ClaimedActivity): Promise<HistoryEvent | undefined> {
    const { taskId, name, input } = activity;
    let answer: WorkerAnswer;
    if (name === HTTP_ACTIVITY) {
      answer = await this.#callHttp(input);
      if (answer.kind === 'threw' && this.#stopping.signal.aborted) return undefined;
    } else {
      const target = this.#activities.find(name);
      if (target === undefined) return activityNotThere(taskId, name, new Date(this.#now()));
      const text = activityTrigger(input);
      answer = await invokeForAnswer(this.#services, target, text === null ? {} : { string: text });
    }
    const now = new Date(this.#now());
    return answer.kind === 'returned'
      ? activityCompleted(taskId, answer.value, now)
      : activityFailed(taskId, name, answer, now);
  }

  async #callHttp(input: string | null): Promise<WorkerAnswer> {
    try {
      return { kind: 'returned', value: await callHttp(input, this.#stopping.signal) };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      return { kind: 'threw', message, stack: '' };
    }
  }
}
