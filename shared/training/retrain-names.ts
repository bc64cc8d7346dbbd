/** The orchestrator of a run. */
export const RETRAIN = 'retrain';
/** Its activities: the run's next step, a trial of its search, and the record that it could not go on. */
export const RETRAIN_STEP = 'retrainStep';
export const RETRAIN_TRIAL = 'retrainTrial';
export const RETRAIN_GIVE_UP = 'retrainGiveUp';
