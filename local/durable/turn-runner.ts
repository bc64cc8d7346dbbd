import { randomUUID } from 'node:crypto';
import type { HostServices, IndexedFunction } from '../host/trigger-driver.ts';
import type { DurableFunctions } from './durable-driver.ts';
import type { DurableOptions } from './durable-options.ts';
import { prepareEntityTurn, runEntityTurn } from './entities/entity-turn.ts';
import type { EntityTurnOptions } from './entities/entity-turn-types.ts';
import type { GroupCommit } from './store/group-commit.ts';
import { EVENT } from './history.ts';
import { HTTP_ACTIVITY } from './http-activity.ts';
import type { HubStore } from './hub-store.ts';
import type { ClaimedTurn, TurnOutcome } from './instance.ts';
import { invokeForAnswer } from './invoke-for-answer.ts';
import { prepareTurn, runTurn } from './engine/turn.ts';
import { describeOutcome } from './turn-description.ts';
import type { TurnOptions } from './engine/turn-types.ts';

const DAY_MS = 86_400_000;
/** How soon a turn that this host may not run is offered again, to any host. Milliseconds. */
const REJECTED_AFTER_MS = 5_000;

/** Runs the turns of orchestrations and entities. */
export class TurnRunner {
  readonly #services: HostServices;
  readonly #functions: DurableFunctions;
  readonly #store: HubStore;
  readonly #commits: GroupCommit;
  readonly #now: () => number;
  readonly #turnOptions: TurnOptions;
  readonly #entityOptions: EntityTurnOptions;

  /** @param now milliseconds since 1970 */
  constructor(
    services: HostServices,
    functions: DurableFunctions,
    options: DurableOptions,
    store: HubStore,
    commits: GroupCommit,
    now: () => number,
  ) {
    this.#services = services;
    this.#functions = functions;
    this.#store = store;
    this.#commits = commits;
    this.#now = now;
    this.#turnOptions = {
      hasOrchestrator: (name) => functions.orchestrators.find(name) !== undefined,
      hasActivity: (name) => name === HTTP_ACTIVITY || functions.activities.find(name) !== undefined,
      hasEntity: (name) => functions.entities.find(name) !== undefined,
      maxOrchestrationActions: options.maxOrchestrationActions,
      defaultVersion: options.defaultVersion ?? null,
      versionMatchStrategy: options.versionMatchStrategy,
      versionFailureStrategy: options.versionFailureStrategy,
      longRunningTimerInterval: 3 * DAY_MS,
      maximumShortTimer: 6 * DAY_MS,
      httpPollInterval: 30_000,
      newExecutionId: () => randomUUID().replaceAll('-', ''),
    };
    this.#entityOptions = {
      maximumBatchSize: options.maxEntityOperationBatchSize,
      newRequestId: randomUUID,
    };
  }

  /**
   * Runs a turn and commits what it changes, or gives it back.
   * @throws Error where it could not be run: it is to be given back
   */
  async run(turn: ClaimedTurn): Promise<void> {
    const outcome =
      turn.instance.kind === 'entity' ? await this.#entity(turn) : await this.#orchestration(turn);
    if (outcome === undefined) return;
    const committed = await this.#commits.run(() => this.#store.commitTurn(turn, outcome));
    this.#report(turn, outcome, committed);
  }

  async #orchestration(turn: ClaimedTurn): Promise<TurnOutcome | undefined> {
    const prepared = prepareTurn(turn, new Date(this.#now()), this.#turnOptions);
    if (prepared.kind === 'settled') return prepared.outcome;
    if (prepared.kind === 'rejected') {
      const { name, instanceId } = turn.instance;
      this.#services.log.system(
        'warning',
        name,
        undefined,
        `Instance '${instanceId}' waits: ${prepared.reason}`,
      );
      this.#store.abandonTurn(turn, this.#now() + REJECTED_AFTER_MS);
      return undefined;
    }
    const target = this.#function(
      this.#functions.orchestrators.find(prepared.functionName),
      'orchestrator',
      turn,
    );
    const answer = await invokeForAnswer(this.#services, target, { json: prepared.trigger });
    const ran = runTurn(prepared, answer, new Date(this.#now()), this.#turnOptions);
    const { name, instanceId } = turn.instance;
    for (const warning of ran.warnings) {
      this.#services.log.system('warning', name, undefined, `Instance '${instanceId}': ${warning}`);
    }
    return ran;
  }

  async #entity(turn: ClaimedTurn): Promise<TurnOutcome> {
    const prepared = prepareEntityTurn(turn, new Date(this.#now()), this.#entityOptions);
    if (prepared.kind === 'settled') return prepared.outcome;
    const target = this.#function(this.#functions.entities.find(prepared.functionName), 'entity', turn);
    const answer = await invokeForAnswer(this.#services, target, { json: prepared.trigger });
    return runEntityTurn(prepared, answer, new Date(this.#now()), this.#entityOptions);
  }

  #function(found: IndexedFunction | undefined, word: string, { instance }: ClaimedTurn): IndexedFunction {
    if (found === undefined) throw new Error(`The app has no ${word} '${instance.name}'.`);
    return found;
  }

  #report(turn: ClaimedTurn, outcome: TurnOutcome, committed: boolean): void {
    const { instance, past } = turn;
    const { log } = this.#services;
    if (!committed) {
      const text = `Instance '${instance.instanceId}' is another host's by now: this turn is dropped.`;
      log.system('warning', instance.name, undefined, text);
      return;
    }
    if (!log.enabled('information', instance.name)) return;
    const number = past.filter(({ EventType }) => EventType === EVENT.orchestratorStarted).length + 1;
    log.system('information', instance.name, undefined, describeOutcome(turn, outcome, number));
  }
}
