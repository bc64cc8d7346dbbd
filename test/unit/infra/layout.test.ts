import { describe, expect, it } from 'vitest';
import { BLOB_CONTAINERS, COSMOS_CONTAINERS, DATABASE, EVENT_HUBS } from '../../../shared/azure/layout.ts';
import { bracketed, found, textOf } from './bicep-text.ts';

const cosmos = textOf('infra-bicep', 'modules', 'cosmos.bicep');
const eventHubs = textOf('infra-bicep', 'modules', 'event-hubs.bicep');
const containers = textOf('infra-bicep', 'modules', 'storage-data.bicep');
const registryIndex = bracketed(cosmos, 'var registryIndex =');

/** What the deployment says about one Cosmos container. */
function deployed(id: string) {
  const text = bracketed(
    cosmos,
    `resource ${id} 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers`,
  );
  const index = text.includes('indexingPolicy: registryIndex') ? registryIndex : text;
  return {
    partitionKey: /paths: \['([^']+)'\]/.exec(text)?.[1],
    defaultTtl: /defaultTtl: (\d+)/.exec(text)?.[1],
    indexed: found(bracketed(index, 'includedPaths:'), /path: '\/(\w+)\/\?'/g),
  };
}

/** Members that queries filter or sort by. A container's `id` is always indexed. */
function queried(file: string): string[] {
  const text = textOf('shared', 'azure', file);
  const members = [...found(text, /\bc\.(\w+)\s*[=<>]/g), ...found(text, /ORDER BY c\.(\w+)/g)];
  return [...new Set(members)].filter((member) => member !== 'id');
}

describe('the deployment', () => {
  it('makes every blob container that the app expects', () => {
    const made = found(bracketed(containers, 'var containers ='), /'([a-z-]+)'/g);
    expect(made).toEqual(expect.arrayContaining([...BLOB_CONTAINERS]));
    expect(made).toEqual(expect.arrayContaining(['histograms', 'reports']));
  });

  it('makes every Cosmos container, with its partition key and time to live', () => {
    expect(cosmos).toContain(`properties: { resource: { id: '${DATABASE}' } }`);
    for (const { id, partitionKey, defaultTtl } of COSMOS_CONTAINERS) {
      const made = deployed(id);
      expect(made.partitionKey, id).toBe(partitionKey);
      expect(made.defaultTtl, id).toBe(defaultTtl === undefined ? undefined : String(defaultTtl));
    }
  });

  it('indexes what the layout names, and no histogram', () => {
    for (const { id, indexed } of COSMOS_CONTAINERS) {
      const made = deployed(id).indexed.map((member) => `/${member}`);
      expect(made, id).toEqual(expect.arrayContaining([...(indexed ?? [])]));
    }
  });

  it('indexes every member that a query of the container filters or sorts by', () => {
    const documents = queried('cosmos.ts');
    const minutes = queried('cosmos-rollups.ts');
    expect(documents).toEqual(expect.arrayContaining(['kind', 'number', 'model']));
    expect(minutes).toEqual(expect.arrayContaining(['model', 'minute', 'promotionId']));
    for (const id of ['registry', 'lineage']) {
      expect(deployed(id).indexed, id).toEqual(expect.arrayContaining(documents));
    }
    expect(deployed('rollups').indexed).toEqual(expect.arrayContaining(minutes));
  });

  it('makes every hub, with as many partitions', () => {
    const main = textOf('infra-bicep', 'main.bicep');
    for (const { name, partitions } of EVENT_HUBS) {
      const made = bracketed(eventHubs, `resource ${name} 'Microsoft.EventHub/namespaces/eventhubs@`);
      expect(made).toContain(`name: '${name}'`);
      const count = /partitionCount: (\w+)/.exec(made)?.[1] ?? '';
      const byParameter = new RegExp(`^param ${count} int = (\\d+)`, 'm').exec(main)?.[1];
      expect(byParameter ?? count, name).toBe(String(partitions));
    }
  });
});
