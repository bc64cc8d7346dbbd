/** Who may call a route. A caller may be in several groups; none of them includes another. */
export const GROUPS = ['score', 'read', 'operate', 'approve'] as const;
export type Group = (typeof GROUPS)[number];

/**
 * Every function that answers HTTP, by what its caller needs: a key or the role of a group, or nothing where it is open.
 * Pages and their files hold no data, and a browser that opens one can send neither key nor token.
 */
export const ACCESS = {
  'health-live': 'open',
  'health-ready': 'open',
  dashboard: 'open',
  'dashboard-asset': 'open',
  'docs-asset': 'open',

  score: 'score',
  'score-model': 'score',
  'score-features': 'score',

  openapi: 'read',
  docs: 'read',
  models: 'read',
  model: 'read',
  versions: 'read',
  version: 'read',
  card: 'read',
  lineage: 'read',
  datasets: 'read',
  dataset: 'read',
  traffic: 'read',
  minutes: 'read',
  metrics: 'read',
  performance: 'read',
  prediction: 'read',
  label: 'read',
  promotions: 'read',
  promotion: 'read',
  'drift-latest': 'read',
  'drift-history': 'read',
  'drift-report': 'read',
  'retrain-runs': 'read',
  'retrain-run': 'read',

  // Who could send labels with a scoring key could teach the next model.
  labels: 'operate',
  'drift-check': 'operate',
  'retrain-start': 'operate',
  'promotion-start': 'operate',
  'promotion-abort': 'operate',
  rollback: 'operate',

  'promotion-approve': 'approve',
} as const satisfies Readonly<Record<string, Group | 'open'>>;

export type HttpFunctionName = keyof typeof ACCESS;

/** The app role that opens a group, as the app's registration in Entra has to define it. */
export const ROLES = {
  score: 'Tollgate.Score',
  read: 'Tollgate.Read',
  operate: 'Tollgate.Operate',
  approve: 'Tollgate.Approve',
} as const satisfies Readonly<Record<Group, string>>;

/** The functions of a group, which have one key together. */
export function functionsOf(group: Group): string[] {
  return Object.entries(ACCESS).flatMap(([name, access]) => (access === group ? [name] : []));
}
