import type { DriftPolicy } from './column-verdict.ts';
import type { DriftPolicyName } from './drift-settings.ts';
import { evidentlyPolicy } from './policy-evidently.ts';
import { ksPolicy } from './policy-ks.ts';
import { tollgatePolicy } from './policy-tollgate.ts';

export const POLICIES: Readonly<Record<DriftPolicyName, DriftPolicy>> = {
  tollgate: tollgatePolicy,
  evidently: evidentlyPolicy,
  ks: ksPolicy,
};
