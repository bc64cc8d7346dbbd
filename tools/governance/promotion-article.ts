import { escaped, shownNumber, shownTime } from '../../shared/page/html.ts';
import type { PromotionAccount } from './report.ts';
import { type Cell, table } from './table.ts';

/** A promotion: who asked, who approved, and the last look at each of its steps with the gates' numbers. */
export function promotionArticle(promotion: PromotionAccount): string {
  const { promotionId, version, champion, phase, reason, plan, approvals, startedAt, endedAt } = promotion;
  const approved =
    approvals.length === 0
      ? `nobody (the plan asks for ${plan.approval === 'none' ? 'no approval' : `approval ${plan.approval}`})`
      : approvals
          .map(({ by, at, reason: why }) => `${by}, ${time(at)}${why === undefined ? '' : ` (${why})`}`)
          .join('; ');
  const about: Cell[][] = [
    ['Asked for by', promotion.requestedBy ?? 'nobody on record'],
    ['Approved by', approved],
    ['From, to', `${time(startedAt)}, ${endedAt === undefined ? 'goes on' : time(endedAt)}`],
    ['Came to', reason === undefined ? phase : `${phase}: ${reason}`],
    ['Plan', planText(promotion)],
  ];
  const looks = lastLooks(promotion);
  const gates = looks.flatMap(({ step, phase: where, gates: results }) =>
    results.map((gate): Cell[] => [
      step === 0 ? 'shadow' : `${step} (${where})`,
      gate.gate,
      gate.verdict,
      shownNumber(gate.champion.n),
      shownNumber(gate.canary.n),
      number(gate.estimate),
      `${number(gate.lower)} to ${number(gate.upper)}`,
      number(gate.margin),
      gate.reason ?? '',
    ]),
  );
  const failed = looks.flatMap(({ gates: results }) =>
    results.map(({ verdict }) => (verdict === 'fail' ? 'fail' : '')),
  );
  const head = ['Step', 'Gate', 'Verdict', 'n champion', 'n canary', 'Difference', 'Bounds', 'Margin', 'Why'];
  const body =
    gates.length === 0
      ? '<p class="note">Nothing was looked at.</p>'
      : table(
          `The last look at each step, of ${promotion.evaluations.length} looks`,
          head,
          gates,
          (at) => failed[at] ?? '',
        );
  return `<article id="promotion-${escaped(promotionId)}"><h3>Version ${escaped(version)} over ${escaped(champion)}: ${escaped(phase)}</h3><p class="tags"><code>${escaped(promotionId)}</code></p>${table('About the promotion', ['What', 'On record'], about)}${body}</article>`;
}

function planText({ plan }: PromotionAccount): string {
  const shadow = plan.shadow === null ? 'no shadow' : `shadow ${plan.shadow.bake}`;
  const steps = plan.steps.map(({ percent, bake }) => `${percent} % ${bake}`).join(', ');
  const { errorRate, latencyP95, scoreShift, decisionRate } = plan.gates;
  const margins = `errors +${errorRate.margin}, latency x${latencyP95.maxRatio}, PSI ${scoreShift.maxPsi}, decisions ±${decisionRate.margin}`;
  return `${shadow}; ${steps}; alpha ${plan.alpha}; ${margins}`;
}

function lastLooks({ evaluations }: PromotionAccount) {
  const last = new Map(
    evaluations.map((look) => [`${look.step} ${look.phase === 'promoted' ? 'watch' : ''}`, look]),
  );
  return [...last.values()];
}

function number(value: number | null): string {
  return value === null ? 'unknown' : shownNumber(value);
}

function time(at: string): string {
  return shownTime(Date.parse(at));
}
