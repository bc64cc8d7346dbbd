/** Who calls, as a verified token tells. */
export interface Caller {
  /** The object id in the tenant, of a person or of an app: it never changes, and no two have the same. */
  readonly id: string;
  /** How the tenant calls it. Names change. */
  readonly name: string;
  readonly roles: ReadonlySet<string>;
}

/** Names on record are at most 200 characters, id included. */
const LONGEST_NAME = 150;
/** What a name on record ends in where it comes from a token. */
const VERIFIED_ID = /\(([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})\)$/i;

/** How a caller goes on record: readable by people, and unmistakable. */
export function nameOnRecord({ id, name }: Pick<Caller, 'id' | 'name'>): string {
  return `${name.slice(0, LONGEST_NAME).trim()} (${id})`;
}

/** Whether two names on record are of the same caller: by the ids of tokens, otherwise by what the callers said. */
export function isSameCaller(one: string, other: string): boolean {
  const [id, otherId] = [VERIFIED_ID.exec(one)?.[1], VERIFIED_ID.exec(other)?.[1]];
  if (id === undefined || otherId === undefined) return one === other;
  return id.toLowerCase() === otherId.toLowerCase();
}

/**
 * What is on record in place of what a body says of its sender.
 * @param caller undefined where callers are not verified: then the body is believed
 */
export function inPlaceOf(member: string, caller: Caller | undefined): Readonly<Record<string, string>> {
  return caller === undefined ? {} : { [member]: nameOnRecord(caller) };
}
