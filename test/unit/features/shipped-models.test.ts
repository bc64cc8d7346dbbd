import { describe, expect, it } from 'vitest';
import bankMarketing from '../../../models/bank-marketing/model.json' with { type: 'json' };
import fraud from '../../../models/fraud/model.json' with { type: 'json' };
import { compileContract } from '../../../shared/features/compile.ts';
import { fitContract, parseDefinition } from '../../../shared/features/contract.ts';
import { textRowReader } from '../../../shared/features/text-row.ts';

const transaction = {
  transaction_id: 'c8cd74ce-4ec7-431f-baa8-61cb42a56746',
  transaction_ts: '2025-08-11T18:36:37.015811',
  customer_id: 'C3649',
  merchant_id: 'M205',
  amount: 275.67,
  currency: 'CAD',
  merchant_category: 'retail',
  device_fingerprint: 'D13435',
  ip_geo_country: 'IN',
  customer_tenure_days: 713,
  avg_monthly_spend: 551.34,
  num_prev_tx_24h: 0,
};

function oneHot(column: string, categories: readonly string[], set: string) {
  return Object.fromEntries(
    [...categories, '(other)'].map((name) => [`${column}=${name}`, name === set ? 1 : 0]),
  );
}

describe('the fraud model', () => {
  const definition = parseDefinition(fraud);
  const checker = compileContract(definition);
  const checked = (row: unknown) => {
    const result = checker.check(row, '');
    if (!result.ok) throw new Error(JSON.stringify(result.problems));
    return result.row;
  };
  const training = ['IN', 'CA', 'CA', 'CA'].map((ip_geo_country) =>
    checked({ ...transaction, ip_geo_country }),
  );
  const compiled = compileContract(fitContract(definition, training));

  function featuresOf(row: unknown) {
    const out = new Float32Array(compiled.width);
    compiled.write(checked(row), out, 0);
    return Object.fromEntries(compiled.featureNames.map((name, index) => [name, out[index]]));
  }

  it('computes a transaction’s features as they are by hand', () => {
    const categories = ['grocery', 'retail', 'entertainment', 'utilities'];
    categories.push('electronics', 'travel', 'dining', 'digital_goods');
    const currencies = ['CAD', 'USD', 'EUR', 'GBP', 'AUD', 'INR'];
    // ln(276.67), ln(552.34), ln(714) from a table of logarithms; 18 h is three quarters of a turn
    const expected = {
      amount_log1p: 5.6228256,
      amount_per_avg_monthly_spend: 0.5,
      avg_monthly_spend_log1p: 6.3141638,
      hour_of_day_sin: -1,
      hour_of_day_cos: 0,
      night: 0,
      customer_tenure_days_log1p: 6.570883,
      num_prev_tx_24h: 0,
      country_matches_currency: 0,
      ip_geo_country_frequency: 0.25,
      ...oneHot('merchant_category', categories, 'retail'),
      ...oneHot('currency', currencies, 'CAD'),
    };
    const features = featuresOf(transaction);
    expect(Object.keys(features)).toEqual(Object.keys(expected));
    const close = Object.entries(expected).map(([name, value]): [string, unknown] => [
      name,
      expect.closeTo(value, 6),
    ]);
    expect(features).toEqual(Object.fromEntries(close));
  });

  it('scores what a caller does not know as missing', () => {
    const { transaction_ts, customer_id, amount, currency, merchant_category } = transaction;
    const features = featuresOf({ transaction_ts, customer_id, amount, currency, merchant_category });
    const missing = Object.keys(features).filter((name) => Number.isNaN(features[name]));
    expect(missing).toEqual([
      'amount_per_avg_monthly_spend',
      'avg_monthly_spend_log1p',
      'customer_tenure_days_log1p',
      'num_prev_tx_24h',
      'country_matches_currency',
      'ip_geo_country_frequency',
    ]);
  });

  it('makes no feature of an identifier', () => {
    const other = { transaction_id: 't', customer_id: 'c', merchant_id: 'm', device_fingerprint: 'd' };
    expect(featuresOf({ ...transaction, ...other })).toEqual(featuresOf(transaction));
    expect(compiled.id(checked(transaction))).toBe(transaction.transaction_id);
    expect(compiled.entity(checked(transaction))).toBe('C3649');
  });
});

describe('the bank marketing model', () => {
  const definition = parseDefinition(bankMarketing);
  const row = '58;management;married;tertiary;no;2143;yes;no;unknown;5;may;261;1;-1;0;unknown;yes'.split(';');
  const header = definition.columns.map(({ name }) => name);

  it('reads a line of its data set and its label', () => {
    const result = textRowReader(definition, header, true)(row);
    expect(result).toMatchObject({ ok: true, warnings: [] });
    expect(result.ok && compileContract(definition).label(result.row)).toBe(1);
  });

  it('does not let the length of the call into a feature', () => {
    const compiled = compileContract(fitContract(definition, []));
    const read = textRowReader(definition, header);
    const features = ['261', '4918', ''].map((duration) => {
      const result = read(row.map((cell, index) => (header[index] === 'duration' ? duration : cell)));
      const out = new Float32Array(compiled.width);
      if (result.ok) compiled.write(result.row, out, 0);
      return [...out];
    });
    expect(features[1]).toEqual(features[0]);
    expect(features[2]).toEqual(features[0]);
    expect(features[0]).toContain(2143);
  });
});
