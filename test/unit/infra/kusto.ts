/// <reference types="@kusto/language-service-next" />
// The two files make the globals Bridge and Kusto, in this order.
import '@kusto/language-service-next/bridge.min.js';
import '@kusto/language-service-next/Kusto.Language.Bridge.min.js';
import { LOG_ANALYTICS_FUNCTIONS, LOG_ANALYTICS_TABLES } from '../../fixtures/log-analytics-tables.ts';

const { DatabaseSymbol, FunctionSymbol, TableSymbol } = Kusto.Language.Symbols;

// The names of the constructors are those of the transpiler from C#: $ctor7 takes a name and a schema, $ctor16 a name,
// parameters and a body.
const workspace = Kusto.Language.GlobalState.Default?.WithDatabase(
  new DatabaseSymbol.ctor('workspace', [
    ...Object.entries(LOG_ANALYTICS_TABLES).map(
      ([name, columns]) => new TableSymbol.$ctor7(name, columns, null),
    ),
    ...Object.entries(LOG_ANALYTICS_FUNCTIONS).map(
      ([name, columns]) => new FunctionSymbol.$ctor16(name, '()', `{ datatable ${columns} [] }`, null),
    ),
  ]),
);

/** What Kusto's own analyser makes of a query. */
export interface AnalysedQuery {
  /** Syntax errors, unknown tables, columns and functions, wrong types, and warnings: each with its place. */
  readonly complaints: readonly string[];
  /** The type of each column that the query returns, by its name. */
  readonly columns: ReadonlyMap<string, string>;
}

/** Analyses a query against the tables of a workspace with Application Insights. */
export function analysed(query: string): AnalysedQuery {
  const code = Kusto.Language.KustoCode.ParseAndAnalyze(query, workspace ?? null);
  const result = code?.ResultType;
  if (!(result instanceof TableSymbol)) throw new Error(`This returns no table: ${query}`);
  return {
    complaints: listed(code?.GetDiagnostics()).map(
      ({ Severity, Message, Start }) =>
        `${Severity ?? ''} in line ${query.slice(0, Start).split('\n').length}: ${Message ?? ''}`,
    ),
    columns: new Map(listed(result.Columns).map(({ Name, Type }) => [Name ?? '', Type?.Name ?? ''])),
  };
}

function listed<T>(list: System.Collections.Generic.IEnumerable$1<T> | null | undefined): T[] {
  const items: T[] = [];
  const at = list?.GetEnumerator();
  while (at?.moveNext()) items.push(at.Current);
  return items;
}
