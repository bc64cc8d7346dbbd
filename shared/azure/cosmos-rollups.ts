import type { Database, SqlQuerySpec } from '@azure/cosmos';
import type { MinutesQuery, RollupRows } from '../rollups/ports.ts';
import { stored, translate, unless } from './cosmos.ts';

/** Rows of one page of a query: most take a few KB. */
const PAGE = 500;

/** The container of minute rows, behind the port that the rollups use. */
export function rollupRowsOf(database: Database, containerName: string): RollupRows {
  const container = database.container(containerName);
  return {
    read: (shard, id) =>
      translate(`read ${shard}/${id}`, async (abortSignal) =>
        stored((await container.item(id, shard).read<object>({ abortSignal })).resource),
      ),
    create: (shard, id, value) =>
      translate(`create ${shard}/${id}`, (abortSignal) =>
        unless([409], async () => {
          return (await container.items.create<object>({ ...value, id, shard }, { abortSignal })).etag;
        }),
      ),
    replace: (shard, id, value, etag) =>
      translate(`replace ${shard}/${id}`, (abortSignal) =>
        // A row that is gone is as good as one that has changed: whoever reads it again finds out.
        unless([404, 412], async () => {
          const accessCondition = { type: 'IfMatch', condition: etag };
          const response = await container
            .item(id, shard)
            .replace<object>({ ...value, id, shard }, { accessCondition, abortSignal });
          return response.etag;
        }),
      ),
    find: (query) => pagesOf(specOf('*', query)),
    findCounts: (query) =>
      pagesOf(specOf('c.version, c.variant, c.minute, c.counts', query, "c.kind = 'requests'")),
  };

  async function* pagesOf(spec: SqlQuerySpec): AsyncGenerator<unknown, void, undefined> {
    const pages = container.items.query<unknown>(spec, { maxItemCount: PAGE });
    for (let more = true; more;) {
      // In sequence, and bounded one by one: how many pages there are depends on who asks
      const page = await translate('query minute rows', () => pages.fetchNext());
      yield* page.resources ?? [];
      more = page.hasMoreResults;
    }
  }
}

function specOf(members: string, query: MinutesQuery, ...conditions: readonly string[]): SqlQuerySpec {
  const { model, promotionId, from, to } = query;
  const all = ['c.model = @model', 'c.minute >= @from', 'c.minute < @to', ...conditions];
  if (promotionId !== undefined) all.push('c.promotionId = @promotionId');
  return {
    query: `SELECT ${members} FROM c WHERE ${all.join(' AND ')}`,
    parameters: [
      { name: '@model', value: model },
      { name: '@from', value: from },
      { name: '@to', value: to },
      { name: '@promotionId', value: promotionId ?? '' },
    ],
  };
}
