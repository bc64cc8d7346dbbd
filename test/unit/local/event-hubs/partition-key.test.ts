import { expect, it } from 'vitest';
import { partitionOfKey } from '../../../../local/event-hubs/partition-key.ts';

it.each([
  // Computed with the partition mapper inside @azure/event-hubs 6.0.4, which follows the service.
  ['', 4, 0],
  ['acc-1', 4, 0],
  ['acc-2', 4, 1],
  ['7149583486996073602', 32, 17],
  ['FWfAT', 32, 5],
  ['sOdeEAsyQoEuEFPGerWO', 32, 7],
  ['FAyAIctPeCgmiwLKbJcyswoHglHVjQdvtBowLACDNORsYvOcLddNJYDmhAVkbyLOrHTKLneMNcbgWVlasVywOByANjs', 32, 10],
  ['!c*_!I@1^c', 17, 4],
])('sends the key %j of %i partitions where Event Hubs does', (key, partitions, expected) => {
  expect(partitionOfKey(key, partitions)).toBe(expected);
});
