/** What the address of a link means. */
export type Address =
  | { readonly kind: 'cbs' }
  | { readonly kind: 'management' }
  /** A hub, for senders: `{hub}` or `{hub}/Partitions/{id}`. */
  | { readonly kind: 'hub'; readonly hub: string; readonly partition: string | undefined }
  /** `{hub}/ConsumerGroups/{group}/Partitions/{id}`. */
  | { readonly kind: 'consumer'; readonly hub: string; readonly group: string; readonly partition: string };

/** Reads an address, which some clients give as a whole URL; undefined for one that means nothing here. */
export function parseAddress(address: string): Address | undefined {
  const path = address.replace(/^[a-z]+:\/\/[^/]*/i, '').replace(/^\/|\/$/g, '');
  const parts = path.split('/');
  const words = parts.map((part) => part.toLowerCase());
  const [hub, , third, , fifth] = parts;
  if (path.toLowerCase() === '$cbs') return { kind: 'cbs' };
  if (words.at(-1) === '$management' && parts.length <= 2) return { kind: 'management' };
  if (hub === undefined || hub === '') return undefined;
  if (parts.length === 1) return { kind: 'hub', hub, partition: undefined };
  if (parts.length === 3 && words[1] === 'partitions') return { kind: 'hub', hub, partition: third };
  const isConsumer = parts.length === 5 && words[1] === 'consumergroups' && words[3] === 'partitions';
  if (!isConsumer || third === undefined || fifth === undefined) return undefined;
  return { kind: 'consumer', hub, group: third, partition: fifth };
}
