import type { ModelCard } from './card.ts';
import type { Interval } from './interval.ts';
import { type MetricName, METRICS } from './metric-names.ts';

const NAMES: Record<MetricName, string> = {
  aucRoc: 'AUC-ROC',
  averagePrecision: 'Average precision',
  logLoss: 'Log loss',
  brier: 'Brier score',
  expectedCalibrationError: 'Expected calibration error',
  accuracy: 'Accuracy',
  precision: 'Precision',
  recall: 'Recall',
  f1: 'F1',
  falsePositiveRate: 'False positive rate',
  flaggedRate: 'Share reviewed or blocked',
  recallAt1Percent: 'Recall at 1 % alerts',
  recallAt5Percent: 'Recall at 5 % alerts',
  cost: 'Cost per row',
  observedToExpected: 'Observed / expected',
  calibrationSlope: 'Calibration slope',
  cardPrecision100: 'Entity precision, 100 a day',
};

/** Features shown of the importances. */
const SHOWN_FEATURES = 15;

/** A model card as Markdown. */
export function cardMarkdown(card: ModelCard): string {
  const { details } = card;
  return [
    `# ${text(details.title)}, version ${details.version}`,
    text(details.description),
    '## Model details',
    list(detailLines(card)),
    '## Intended use',
    ...useLines(card),
    '## Factors',
    card.factors.length === 0
      ? 'No category column: nothing to divide the rows by.'
      : list(
          card.factors.map(
            ({ column, description }) => `\`${column}\`${description ? `: ${text(description)}` : ''}`,
          ),
        ),
    '## Metrics',
    'On the held-out rows, with 95 % intervals; precision, recall and the rates at the review threshold.',
    metricTable(card),
    '## Evaluation data',
    list(dataLines(card.evaluationData)),
    '## Training data',
    list(dataLines(card.trainingData)),
    ...labellingLines(card),
    '## Quantitative analyses',
    ...analyses(card),
    '## Caveats and recommendations',
    card.caveats.length === 0 ? 'None recorded.' : list(card.caveats.map(text)),
  ]
    .join('\n\n')
    .concat('\n');
}

function detailLines({ details }: ModelCard): string[] {
  const { model, learner, params, seed, run, createdAt, features, owner, licence } = details;
  return [
    `Model \`${model}\`, made ${createdAt} by run \`${run}\``,
    `Learner: ${learner}, seed ${seed}, parameters \`${JSON.stringify(params)}\``,
    `${features.length} features: ${features.map((name) => `\`${name}\``).join(', ')}`,
    ...(owner === undefined ? [] : [`Owner: ${text(owner)}`]),
    ...(licence === undefined ? [] : [`Licence: ${text(licence)}`]),
  ];
}

function useLines({ intendedUse: { intendedUse, outOfScope, policy } }: ModelCard): string[] {
  return [
    intendedUse === undefined
      ? 'The model folder names no intended use beyond its description.'
      : text(intendedUse),
    ...(outOfScope === undefined ? [] : [`Out of scope: ${text(outOfScope)}`]),
    `Scores from ${policy.review} are reviewed, from ${policy.block} blocked.`,
  ];
}

function metricTable({ metrics, analyses: { comparison } }: ModelCard): string {
  const compared = comparison === undefined ? [] : [`against version ${comparison.champion.version}`];
  const rows = METRICS.flatMap((metric) => {
    const figure = metrics[metric];
    if (figure === undefined) return [];
    const difference = comparison?.differences[metric];
    const last = comparison === undefined ? [] : [difference === undefined ? '' : shown(difference)];
    return [[NAMES[metric], number(figure.value), limits(figure), ...last]];
  });
  return table(['Metric', 'Value', '95 % interval', ...compared], rows);
}

function dataLines({
  dataset,
  sha256,
  split,
  rows,
  positives,
  from,
  to,
}: ModelCard['trainingData']): string[] {
  return [
    `${rows} rows${positives === undefined ? '' : `, ${positives} positive (${percent(positives / rows)})`}`,
    `Data set version ${dataset}, SHA-256 \`${sha256}\`, split \`${split}\``,
    ...(from === undefined || to === undefined ? [] : [`From ${from} to ${to}`]),
  ];
}

function labellingLines({ labelling }: ModelCard): string[] {
  if (labelling === undefined) return [];
  const { unlabelled, maturityHours, predictions, labelled, blocked } = labelling;
  const fate = unlabelled === 'negative' ? 'count as negative' : 'are left out';
  return [
    `Of ${predictions} predictions, ${labelled} have a label; after ${maturityHours} hours, those without ${fate}.` +
      ` ${blocked} were blocked, and are selectively labelled.`,
  ];
}

function analyses({ analyses: { segments, importances, comparison, gates } }: ModelCard): string[] {
  const parts: string[] = [];
  for (const { column, segments: values, falsePositiveRateGap: gap } of segments) {
    parts.push(`### By \`${column}\``);
    parts.push(
      table(
        ['Value', 'Rows', 'Positive', 'AUC-ROC', 'Recall', 'False positive rate', 'Observed / expected'],
        values.map(({ value, rows, positives, small, metrics }) => [
          `${text(value)}${small ? ' (small)' : ''}`,
          String(rows),
          String(positives),
          ...[metrics.aucRoc, metrics.recall, metrics.falsePositiveRate, metrics.observedToExpected].map(
            (figure) => (figure === undefined ? '' : number(figure)),
          ),
        ]),
      ),
    );
    if (gap !== undefined) {
      parts.push(
        `Widest gap of false positive rates: ${shown(gap)}, ${text(gap.highest)} above ${text(gap.lowest)}.`,
      );
    }
  }
  if (importances.length > 0) {
    parts.push('### What the model relies on', 'Average precision that is lost when a feature is shuffled:');
    parts.push(
      table(
        ['Feature', 'Lost'],
        importances
          .slice(0, SHOWN_FEATURES)
          .map(({ feature, averagePrecision }) => [text(feature), number(averagePrecision)]),
      ),
    );
  }
  if (comparison !== undefined) {
    const { champion, rows, positives } = comparison;
    parts.push(
      `Compared with version ${champion.version} on ${rows} rows (${positives} positive) that neither was trained on.`,
    );
  }
  if (gates.length > 0) {
    parts.push('### Gates');
    parts.push(
      table(
        ['Gate', 'Verdict', 'Reason'],
        gates.map(({ gate, verdict, reason }) => [gate, verdict, text(reason)]),
      ),
    );
  }
  return parts.length === 0 ? ['None recorded.'] : parts;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function list(lines: readonly string[]): string {
  return lines.map((line) => `- ${line}`).join('\n');
}

function shown(figure: Interval): string {
  const range = limits(figure);
  return range === '' ? number(figure.value) : `${number(figure.value)} (${range})`;
}

function limits({ lower, upper }: Interval): string {
  return lower === undefined || upper === undefined ? '' : `${number(lower)} to ${number(upper)}`;
}

function number(value: number): string {
  return value.toFixed(4);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}

/** Text of others (category values, descriptions) as Markdown shows it: as itself, on one line, without HTML. */
function text(value: string): string {
  return value.replaceAll(/\s+/g, ' ').replaceAll(/[\\`*_[\]<>|#]/g, String.raw`\$&`);
}
