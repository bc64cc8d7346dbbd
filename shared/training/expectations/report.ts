import type { ExpectationResult, SuiteReport } from './result.ts';

/** What the rows do not meet, a sentence each, with what the suite says that it is likely to mean. */
export function failuresOf(report: SuiteReport): string[] {
  return report.results.filter(({ success }) => !success).map(failureOf);
}

/** A report as text: a line for each expectation that failed, and one that sums up. */
export function reportText(report: SuiteReport): string {
  const { evaluated_expectations: all, unsuccessful_expectations: failed } = report.statistics;
  const summary =
    failed === 0
      ? `The rows (${report.rows}) meet all ${all} expectations of the suite '${report.suite}'`
      : `The rows (${report.rows}) fail ${failed} of the ${all} expectations of the suite '${report.suite}':`;
  return [summary, ...failuresOf(report).map((failure) => `  - ${failure}`)].join('\n');
}

function failureOf({ expectation_config: { type, notes }, message }: ExpectationResult): string {
  return `${message} (${type})${notes === undefined ? '' : `. ${notes}`}`;
}
