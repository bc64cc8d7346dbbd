import { asTable, badge, type Child, h, owned, table } from '../dom.ts';
import { moment } from '../format.ts';
import { armText, gateNumber, gatesOf, gateTitle, interval } from '../gate-plot.ts';
import type { PageState } from '../page-state.ts';
import { isRunning, situation } from '../promotion-state.ts';
import type { Evaluation, Gate, Promotion, Promotions } from '../shapes.ts';
import { card, standing } from './card.ts';

/** Looks that a table shows: a promotion may have thousands. */
const MOST_LOOKS = 200;
const TONES = { pass: 'good', fail: 'bad' } as const;

/** The promotion that runs, or the last one: where it is, its gates, and what a person may do. */
export function promotionSection({ feeds, now }: PageState): HTMLElement {
  const { promotions, promotion } = feeds;
  const none = promotions.value?.items.length === 0;
  return card(
    'promotion',
    'Promotion',
    true,
    standing(promotions, 'Promotions are not available yet.', now),
    none && h('p', { class: 'quiet' }, 'No version of this model was ever promoted over another one.'),
    // The list says itself what fails with it.
    !none && promotions.problem === undefined && standing(promotion, 'The promotion is gone.', now),
    promotion.value && details(promotion.value),
    promotions.value !== undefined && !none && others(promotions.value, promotion.value),
  );
}

function details(promotion: Promotion): HTMLElement {
  const { phase, reason, requestedBy, startedAt, evaluations, changes } = promotion;
  const last = evaluations.at(-1);
  return h(
    'div',
    {},
    h('p', { class: 'row' }, badge(phase, toneOf(phase)), situation(promotion)),
    reason !== undefined && h('p', {}, `Reason: ${reason}`),
    h(
      'p',
      { class: 'quiet' },
      `Asked for by ${requestedBy ?? 'somebody unknown'} at ${moment(startedAt)} UTC.`,
    ),
    h(
      'div',
      { class: 'row' },
      h(
        'button',
        {
          type: 'button',
          class: 'approve',
          'data-order': 'approve',
          disabled: phase !== 'awaiting-approval',
        },
        'Approve…',
      ),
      h(
        'button',
        { type: 'button', class: 'abort', 'data-order': 'abort', disabled: !isRunning(promotion) },
        'Abort…',
      ),
      !isRunning(promotion) && h('span', { class: 'quiet' }, 'It has ended: there is nothing to decide.'),
    ),
    last === undefined
      ? h('p', { class: 'quiet' }, 'Its gates have not been judged yet.')
      : h('div', {}, h('h3', {}, `Gates at ${moment(last.at)} UTC`), gatesNow(last)),
    h('div', { class: 'gates' }, ...gatesOf(evaluations).map((gate) => gateFigure(gate, evaluations))),
    h(
      'details',
      { id: 'promotion-changes' },
      h('summary', {}, `What happened (${changes.length})`),
      table(
        'Changes of the promotion, newest first',
        [{ title: 'At (UTC)' }, { title: 'By' }, { title: 'What' }],
        changes.toReversed().map(({ at, by, what }) => [moment(at), by, what]),
      ),
    ),
  );
}

function toneOf(phase: string): 'good' | 'bad' | 'warn' | 'calm' {
  if (phase === 'promoted') return 'good';
  if (phase === 'rolled-back') return 'bad';
  return phase === 'awaiting-approval' ? 'warn' : 'calm';
}

function verdictBadge(verdict: string): HTMLElement {
  return badge(verdict, verdict === 'pass' || verdict === 'fail' ? TONES[verdict] : 'warn');
}

function gatesNow({ gates }: Evaluation): HTMLElement {
  return table(
    'Gates at the last look',
    [
      { title: 'Gate' },
      { title: 'Verdict' },
      { title: 'Champion' },
      { title: 'Candidate' },
      { title: 'Difference', number: true },
      { title: 'Interval', number: true },
      { title: 'Margin', number: true },
      { title: 'Why' },
    ],
    gates.map((gate) => [
      gateTitle(gate.gate),
      verdictBadge(gate.verdict),
      armText(gate.champion),
      armText(gate.canary),
      ...numbersOf(gate),
      h('div', { class: 'long' }, gate.reason ?? ''),
    ]),
  );
}

function numbersOf(gate: Gate): Child[] {
  return [gateNumber(gate.gate, gate.estimate), interval(gate), gateNumber(gate.gate, gate.margin)];
}

function gateFigure(gate: string, evaluations: readonly Evaluation[]): HTMLElement {
  const rows = evaluations.slice(-MOST_LOOKS).toReversed();
  return h(
    'figure',
    {},
    h('figcaption', { id: `gate-${gate}-title` }, `${gateTitle(gate)}, difference and interval`),
    owned(`gate-${gate}`, { class: 'plot', role: 'img', 'aria-labelledby': `gate-${gate}-title` }),
    asTable(
      `gate-${gate}-table`,
      `${gateTitle(gate)}, the last ${rows.length} looks, newest first`,
      [
        { title: 'At (UTC)' },
        { title: 'Phase' },
        { title: 'Verdict' },
        { title: 'Difference', number: true },
        { title: 'Interval', number: true },
        { title: 'Margin', number: true },
      ],
      rows.flatMap(({ at, phase, step, gates }) =>
        gates
          .filter((one) => one.gate === gate)
          .map((one) => [moment(at), `${phase} ${step}`, verdictBadge(one.verdict), ...numbersOf(one)]),
      ),
    ),
  );
}

function others({ items }: Promotions, shown: Promotion | undefined): HTMLElement | undefined {
  const rest = items.filter(({ promotionId }) => promotionId !== shown?.promotionId);
  if (rest.length === 0) return undefined;
  return h(
    'details',
    { id: 'promotions-before' },
    h('summary', {}, `Other promotions (${rest.length})`),
    table(
      'Other promotions, newest first',
      [
        { title: 'Version' },
        { title: 'Phase' },
        { title: 'Started (UTC)' },
        { title: 'Ended (UTC)' },
        { title: 'Reason' },
      ],
      rest.map(({ version, phase, startedAt, endedAt, reason }) => [
        version,
        badge(phase, toneOf(phase)),
        moment(startedAt),
        moment(endedAt),
        h('div', { class: 'long' }, reason ?? ''),
      ]),
    ),
  );
}
