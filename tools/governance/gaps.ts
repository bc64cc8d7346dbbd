import { isSameCaller } from '../../shared/access/caller.ts';
import type { Gap, GovernanceReport, PromotionAccount, VersionAccount } from './report.ts';

const HOUR_MS = 3_600_000;
/** Checks are daily; an hour or two late is not missed. */
const LONGEST_UNCHECKED_MS = 26 * HOUR_MS;

/**
 * What an auditor should ask about: where a person's word, a number or a check is not on record. It says nothing of
 * whether that was right.
 */
export function gapsOf(report: Omit<GovernanceReport, 'gaps'>): Gap[] {
  return [
    ...report.promotions.flatMap(promotionGaps),
    ...report.versions.flatMap((version) => versionGaps(version, report)),
    ...alarmGaps(report),
    ...uncheckedGaps(report),
  ];
}

function promotionGaps(promotion: PromotionAccount): Gap[] {
  const { promotionId, version, plan, phase, requestedBy, approvals } = promotion;
  const about = `promotion ${promotionId}`;
  const gap = (kind: Gap['kind'], text: string): Gap => ({ kind, about, text });
  const becameChampion = promotion.changes.some((change) => change.phase === 'promoted');
  const gaps: Gap[] = [];
  if (requestedBy === undefined) gaps.push(gap('no-requester', 'Who asked for it is not on record.'));
  if (becameChampion && approvals.length === 0) {
    const why =
      plan.approval === 'none' ? 'its plan asked for none' : `its plan asks for one ${plan.approval}`;
    gaps.push(gap('no-approval', `Version ${version} became champion without a person's approval: ${why}.`));
  }
  const own = approvals.find(({ by }) => requestedBy !== undefined && isSameCaller(by, requestedBy));
  if (own !== undefined)
    gaps.push(gap('own-approval', `'${own.by}' has approved what '${own.by}' had asked for.`));
  for (const { step, verdict, gates } of leftSteps(promotion)) {
    if (verdict === 'pass') continue;
    const open = gates.filter((one) => one.verdict !== 'pass').map((one) => `${one.gate} ${one.verdict}`);
    const where = step === 0 ? 'The shadow' : `Step ${step}`;
    gaps.push(gap('gates-not-passed', `${where} was left while gates had not passed: ${open.join(', ')}.`));
  }
  if (phase === 'shadow' || phase === 'canary' || phase === 'awaiting-approval')
    gaps.push(gap('under-way', `It is not over: ${phase}.`));
  return gaps;
}

/** The last looks at the steps that the promotion went on from. */
function leftSteps({ evaluations, changes }: PromotionAccount) {
  const went = changes.some(({ phase }) => phase === 'promoted');
  const running = evaluations.filter(({ phase }) => phase !== 'promoted');
  const last = new Map(running.map((look) => [look.step, look]));
  const furthest = Math.max(-1, ...last.keys());
  return [...last.values()].filter(({ step }) => step < furthest || went);
}

function versionGaps(account: VersionAccount, report: Omit<GovernanceReport, 'gaps'>): Gap[] {
  const { version, served, gates, segmentGaps, data, datasetVersion } = account;
  const about = `version ${version}`;
  const gap = (kind: Gap['kind'], text: string): Gap => ({ kind, about, text });
  const gaps: Gap[] = [];
  const first = served.find(
    ({ variant, promotionId }) => variant === 'champion' && promotionId === undefined,
  );
  if (first !== undefined)
    gaps.push(
      gap(
        'no-promotion',
        'It is the champion by no promotion: a first version has nothing to be held against.',
      ),
    );
  if (data === undefined) gaps.push(gap('no-evaluation', 'It has no evaluation on record.'));
  const isOnRecord =
    data === undefined ||
    report.datasets.some(({ file }) => file.sha256 === data.sha256) ||
    account.lineage.nodes.some(({ type }) => type === 'predictions');
  if (!isOnRecord) {
    const text = `Data set version ${datasetVersion}, which it was made of, is not on record with the same SHA-256.`;
    gaps.push(gap('no-data', text));
  }
  if (served.length === 0) return gaps;
  const open = gates.filter(({ verdict }) => verdict !== 'pass');
  if (open.length > 0) {
    const text = open.map(({ gate, verdict, reason }) => `${gate} ${verdict} (${reason})`).join('; ');
    gaps.push(gap('gates-not-passed', `It served although training gates had not passed: ${text}.`));
  }
  for (const { column, value, lower, upper, highest, lowest } of segmentGaps) {
    if (lower <= 0) continue;
    const text = `False positives of ${column}: ${points(value)} more often at ${highest} than at ${lowest} (95 %: ${points(lower)} to ${points(upper)}).`;
    gaps.push(gap('segment-gap', text));
  }
  return gaps;
}

/** Alarms after which neither a retrain nor a promotion began. */
function alarmGaps({ drift, runs, promotions }: Omit<GovernanceReport, 'gaps'>): Gap[] {
  const begun = [...runs, ...promotions].map(({ startedAt }) => Date.parse(startedAt));
  return drift
    .filter(({ alarm, window }) => alarm && !begun.some((at) => at >= Date.parse(window.to)))
    .map(({ id }) => ({
      kind: 'alarm-unanswered',
      about: `drift report ${id}`,
      text: 'It raised the alarm, and neither a retrain nor a promotion has begun since.',
    }));
}

/** Times in which the model served and nothing was held against its baseline. */
function uncheckedGaps({ drift, versions, to }: Omit<GovernanceReport, 'gaps'>): Gap[] {
  const starts = versions.flatMap(({ served }) => served.map((window) => Date.parse(window.from)));
  const ends = versions.flatMap(({ served }) => served.map((window) => Date.parse(window.to ?? to)));
  if (starts.length === 0) return [];
  const gaps: Gap[] = [];
  let checked = Math.min(...starts);
  const checks = drift
    .map(({ window }) => ({ from: Date.parse(window.from), to: Date.parse(window.to) }))
    .toSorted((one, other) => one.from - other.from);
  const end = Math.max(...ends);
  for (const next of [...checks, { from: end, to: end }]) {
    if (next.from - checked > LONGEST_UNCHECKED_MS) {
      const [since, until] = [new Date(checked).toISOString(), new Date(next.from).toISOString()];
      gaps.push({
        kind: 'not-checked',
        about: 'drift',
        text: `No drift report covers the predictions from ${since} to ${until}.`,
      });
    }
    checked = Math.max(checked, next.to);
  }
  return gaps;
}

function points(share: number): string {
  return `${(100 * share).toFixed(1)} percentage points`;
}
