import type { ColumnEvidence } from '../shared/drift/column-evidence.ts';
import type { ColumnCounts, WindowHistogram } from '../shared/drift/histogram.ts';
import type { HistogramSpec } from '../shared/drift/histogram-spec.ts';
import { measure } from '../shared/drift/measure.ts';
import { assess, type Assessment, type PreviousDrift } from '../shared/drift/assess.ts';
import type { SeasonalFloors } from '../shared/drift/column-verdict.ts';
import {
  type DriftPolicyName,
  type DriftSettings,
  driftSettingsSchema,
} from '../shared/drift/drift-settings.ts';
import type { Random } from '../shared/training/random.ts';
import { baselineOf, countRows, POPULATION, type SimulatedColumn } from './drift-population.ts';

/** The made-up model's bins and reference. */
export interface SimulatedBaseline {
  readonly spec: HistogramSpec;
  readonly reference: WindowHistogram;
}

/** All policies' say on one window. */
export type Says = Readonly<Record<DriftPolicyName, Assessment>>;

const SETTINGS: Readonly<Record<DriftPolicyName, DriftSettings>> = {
  tollgate: driftSettingsSchema.parse({ policy: 'tollgate' }),
  evidently: driftSettingsSchema.parse({ policy: 'evidently' }),
  ks: driftSettingsSchema.parse({ policy: 'ks' }),
};

export function simulatedBaseline(rows: number, random: Random): SimulatedBaseline {
  const columns = POPULATION.map((column) => baselineOf(column, rows, random));
  return {
    spec: columns.map(({ spec }) => spec),
    reference: windowOf(
      rows,
      columns.map(({ counts }) => counts),
    ),
  };
}

/** A window of the population. @param factorOf how much larger a column's values are in it */
export function simulatedWindow(
  spec: HistogramSpec,
  rows: number,
  random: Random,
  factorOf: (column: SimulatedColumn) => number,
): WindowHistogram {
  const columns = POPULATION.map((column, index) => {
    const factor = factorOf(column);
    return countRows(spec[index]!, rows, () => column.draw(random, factor));
  });
  return windowOf(rows, columns);
}

/** A window of rows that were counted. The columns are made from one spec, so one hash does for all of them. */
export function windowOf(rows: number, columns: readonly ColumnCounts[]): WindowHistogram {
  return { specHash: '', rows, failed: 0, pinned: 0, columns };
}

/** What is measured; the model asks for every column alike. */
export function evidenceOf(
  spec: HistogramSpec,
  reference: WindowHistogram,
  current: WindowHistogram,
): ColumnEvidence[] {
  return measure(spec, reference, current, new Map()).map((column) => ({ ...column, importance: 0.1 }));
}

/** Asks every policy. */
export function ask(
  columns: readonly ColumnEvidence[],
  previous: Partial<Record<DriftPolicyName, PreviousDrift>>,
  seasonalFloors?: SeasonalFloors,
): Says {
  const from = new Date(0).toISOString();
  const of = (policy: DriftPolicyName) =>
    assess({ columns, settings: SETTINGS[policy], from, previous: previous[policy], seasonalFloors });
  return { tollgate: of('tollgate'), evidently: of('evidently'), ks: of('ks') };
}
