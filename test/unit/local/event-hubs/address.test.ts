import { expect, it } from 'vitest';
import { parseAddress } from '../../../../local/event-hubs/address.ts';
import { parseHubSettings } from '../../../../local/event-hubs/hub.ts';

it.each([
  ['$cbs', { kind: 'cbs' }],
  ['$management', { kind: 'management' }],
  ['predictions/$management', { kind: 'management' }],
  ['predictions', { kind: 'hub', hub: 'predictions', partition: undefined }],
  ['predictions/Partitions/3', { kind: 'hub', hub: 'predictions', partition: '3' }],
  ['amqps://host:5671/predictions/Partitions/3', { kind: 'hub', hub: 'predictions', partition: '3' }],
  [
    '/p/ConsumerGroups/$Default/Partitions/0',
    { kind: 'consumer', hub: 'p', group: '$Default', partition: '0' },
  ],
  ['', undefined],
  ['a/b', undefined],
  ['a/Partitions/0/x/y', undefined],
])('reads the address %j', (address, expected) => {
  expect(parseAddress(address)).toEqual(expected);
});

it('reads the settings of a hub', () => {
  expect(parseHubSettings('predictions:4')).toEqual({
    name: 'predictions',
    partitions: 4,
    consumerGroups: [],
  });
  expect(parseHubSettings('labels:2:a,b')).toEqual({
    name: 'labels',
    partitions: 2,
    consumerGroups: ['a', 'b'],
  });
});

it.each(['predictions', 'x:0', 'x:33', 'x:1.5', '../x:1', 'a:1:b:c'])('refuses the hub %j', (text) => {
  expect(() => parseHubSettings(text)).toThrow(RangeError);
});
