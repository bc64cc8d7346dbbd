import { type Bill, type Deployment, endpointCost, monthlyBill, totalOf } from './model.ts';
import type { Prices } from './prices.ts';

/** Requests a second of the table in docs/cost.md. */
export const RATES = [0.1, 1, 10, 100, 300, 1_000, 3_000];

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const fine = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3 });

const COLUMNS: readonly [title: string, member: keyof Bill][] = [
  ['scoring', 'scoring'],
  ['background', 'background'],
  ['Event Hubs', 'eventHubs'],
  ['Cosmos DB', 'cosmos'],
  ['Blob', 'blob'],
  ['telemetry', 'telemetry'],
  ['watching', 'watching'],
  ['network', 'network'],
];

/** The bill by traffic as a Markdown table, in US dollars a month. @param rates requests a second */
export function costTable(rates: readonly number[], deployment: Deployment, prices: Prices): string {
  const titles = [
    'requests/s',
    ...COLUMNS.map(([title]) => title),
    'in all',
    'per million',
    'endpoint, scoring only',
  ];
  const rows = rates.map((rate) => {
    const bill = monthlyBill(rate, deployment, prices);
    const total = totalOf(bill);
    return [
      fine.format(rate),
      ...COLUMNS.map(([, member]) => whole.format(bill[member])),
      whole.format(total),
      fine.format(total / (rate * 2.628)),
      whole.format(endpointCost(rate, deployment, prices)),
    ];
  });
  const lines = [titles, titles.map(() => '---:'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  return `${lines.join('\n')}\n`;
}
