import type { GateResult } from '../../shared/training/evaluation/gate-results.ts';

/** What each gate says, by its name. */
export function verdictsOf(gates: readonly GateResult[]): Record<string, GateResult['verdict']> {
  return Object.fromEntries(gates.map(({ gate, verdict }) => [gate, verdict]));
}

/** What a person should know of the gates: how many passed, and why the others did not. */
export function verdictLines(gates: readonly GateResult[]): string[] {
  const others = gates.filter(({ verdict }) => verdict !== 'pass');
  const passed = `Gates: ${gates.length - others.length} of ${gates.length} passed`;
  return [passed, ...others.map(({ gate, verdict, reason }) => `  ${verdict}: ${gate}: ${reason}`)];
}
