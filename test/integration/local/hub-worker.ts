import { EVENT, type HistoryEvent, type TaskCompleted } from '../../../local/durable/history.ts';
import type { ClaimedTurn } from '../../../local/durable/instance.ts';
import { SqliteStore } from '../../../local/durable/store/sqlite-store.ts';
import { activity, completed, outcome } from '../../unit/local/durable/store/hub-parts.ts';

// A host without an app: an instance schedules activities in its first turn and ends once all of them and one external
// event have come. Parameters: the hub's file, and after how many turns the host keeps what it takes, until it is told to
// go on; then it says which of its commits counted.

const ACTIVITIES = 5;
const [file = '', patience = '0'] = process.argv.slice(2);
const hub = new SqliteStore({ file });
let turnsLeft = Number(patience);
let planned = false;
let holding = false;

function isResult(event: HistoryEvent): event is TaskCompleted {
  return event.EventType === EVENT.taskCompleted;
}

function run(turn: ClaimedTurn): boolean {
  const events = [...turn.past, ...turn.messages.map(({ event }) => event)];
  const done = events.filter(isResult).length;
  const told = events.some(({ EventType }) => EventType === EVENT.eventRaised);
  const first = turn.past.length === 0;
  return hub.commitTurn(
    turn,
    outcome(turn, done === ACTIVITIES && told ? 'Completed' : 'Running', {
      activities: first ? Array.from({ length: ACTIVITIES }, (_, taskId) => activity(taskId)) : [],
    }),
  );
}

function work(): void {
  const turns = hub.claimTurns(3, Date.now());
  const activities = hub.claimActivities(3);
  if (turns.length + activities.length === 0) return;
  if (turnsLeft <= 0 && turns.length > 0 && activities.length > 0) {
    holding = true;
    process.once('message', () => process.send?.(turns.map(run)));
    process.send?.('holding');
    return;
  }
  turnsLeft -= turns.length;
  for (const turn of turns) run(turn);
  for (const claimed of activities) hub.completeActivity(claimed, completed(claimed.taskId));
  look();
}

/** Works soon; any number of calls before that are one. */
function look(): void {
  if (planned) return;
  planned = true;
  setImmediate(() => {
    planned = false;
    if (!holding) work();
  });
}

process.once('message', () => {
  hub.onWork(look);
  look();
});
process.send?.('ready');
// The hub alone keeps no process.
setInterval(() => undefined, 60_000);
