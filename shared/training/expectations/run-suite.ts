import type { Column } from '../../features/definition.ts';
import type { FileCell, Table } from '../table.ts';
import { cellTyper } from '../typed-cells.ts';
import { columnJudgeOf } from './column-expectations.ts';
import { ColumnValues } from './column-values.ts';
import { type Evaluation, percentOf, type SuiteReport } from './result.ts';
import { conditionOf, evaluateCondition, evaluatePair, evaluateUnique } from './row-expectations.ts';
import { tableEvaluationOf } from './table-expectations.ts';
import { type Expectation, isOfColumn, isOfTable, isOfValues, type Suite } from './suite.ts';

/** A suite that is shown rows, one after the other, and then says which of its expectations they meet. */
export interface SuiteRun {
  /** @param cells of the types of their columns (see `cellTyper`) @param line where the row is in its file */
  row(cells: readonly FileCell[], line: number): void;
  report(): SuiteReport;
}

/** Starts a suite on a file of these columns. Memory: 8 bytes per number, and each distinct value, of columns that need it. */
export function startSuite(suite: Suite, columns: readonly string[]): SuiteRun {
  const kept = keptColumns(suite, columns);
  const evaluations = suite.expectations.map((expectation) => evaluationOf(expectation, columns, kept));
  const perRow = evaluations.filter((evaluation) => evaluation.row !== undefined);
  let rows = 0;
  return {
    row(cells, line) {
      rows += 1;
      for (const { slot, values } of kept.values()) values.add(cells[slot] ?? null);
      for (const evaluation of perRow) evaluation.row?.(cells, line);
    },
    report: () => reportOf(suite, evaluations, rows),
  };
}

/** Runs a suite on a table, in one pass. */
export async function runSuite(suite: Suite, table: Table, columns: readonly Column[]): Promise<SuiteReport> {
  const run = startSuite(suite, table.columns);
  const typed = cellTyper(table, columns);
  for await (const { rows, lines } of table.batches) {
    for (const [index, cells] of rows.entries()) run.row(typed(cells), lines[index] ?? 0);
  }
  return run.report();
}

type Kept = ReadonlyMap<string, { readonly slot: number; readonly values: ColumnValues }>;

/** One record of values for each column that an expectation judges as a whole. */
function keptColumns(suite: Suite, columns: readonly string[]): Kept {
  const wanted = Map.groupBy(
    suite.expectations.filter(isOfColumn).map(columnJudgeOf),
    ({ column }) => column,
  );
  return new Map(
    [...wanted].flatMap(([column, needs]) => {
      const slot = columns.indexOf(column);
      const counts = needs.some((need) => need.counts === true);
      const numbers = needs.some((need) => need.numbers === true);
      return slot === -1 ? [] : [[column, { slot, values: new ColumnValues({ counts, numbers }) }] as const];
    }),
  );
}

function evaluationOf(expectation: Expectation, columns: readonly string[], kept: Kept): Evaluation {
  if (isOfTable(expectation)) return tableEvaluationOf(expectation, columns);
  const named = columnsOf(expectation);
  const lacking = named.find((column) => !columns.includes(column));
  if (lacking !== undefined) {
    const message = `the file has no column '${lacking}'`;
    return { end: () => ({ success: false, result: {}, message }) };
  }
  const slotOf = (column: string) => columns.indexOf(column);
  if (isOfValues(expectation)) {
    const condition = conditionOf(expectation);
    return evaluateCondition(condition, slotOf(condition.column));
  }
  if (isOfColumn(expectation)) {
    const { column, judge } = columnJudgeOf(expectation);
    const values = kept.get(column)?.values;
    if (values === undefined) throw new Error(`Nothing was kept of '${column}'`);
    return { end: () => judge(values) };
  }
  if (expectation.type === 'expect_column_values_to_be_unique') {
    const { column, mostly = 1 } = expectation.kwargs;
    return evaluateUnique(column, slotOf(column), mostly);
  }
  const { column_A: a, column_B: b, or_equal = false, mostly = 1 } = expectation.kwargs;
  return evaluatePair({ column: a, slot: slotOf(a) }, { column: b, slot: slotOf(b) }, or_equal, mostly);
}

function columnsOf({ kwargs }: Expectation): string[] {
  if ('column' in kwargs) return [kwargs.column];
  return 'column_A' in kwargs ? [kwargs.column_A, kwargs.column_B] : [];
}

function reportOf(suite: Suite, evaluations: readonly Evaluation[], rows: number): SuiteReport {
  const results = suite.expectations.flatMap((expectation_config, index) => {
    const found = evaluations[index]?.end(rows);
    return found === undefined ? [] : [{ expectation_config, ...found }];
  });
  const successful = results.filter(({ success }) => success).length;
  return {
    suite: suite.name,
    success: successful === results.length,
    rows,
    statistics: {
      evaluated_expectations: results.length,
      successful_expectations: successful,
      unsuccessful_expectations: results.length - successful,
      success_percent: percentOf(successful, results.length),
    },
    results,
  };
}
