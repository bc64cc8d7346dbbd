import { gradientBoosting } from './boosting-learner.ts';
import { randomForest } from './forest-learner.ts';
import type { Learner, LearnerName } from './learner.ts';
import { logisticRegression } from './logistic-learner.ts';

const LEARNERS: Readonly<Record<LearnerName, Learner>> = {
  gradient_boosting: gradientBoosting,
  random_forest: randomForest,
  logistic_regression: logisticRegression,
};

export function learnerOf(name: LearnerName): Learner {
  return LEARNERS[name];
}
