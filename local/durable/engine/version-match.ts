/** `durableTask.versionMatchStrategy` of host.json: which instances a host runs. */
export type VersionMatchStrategy = 'None' | 'Strict' | 'CurrentOrOlder';
/** `durableTask.versionFailureStrategy`: what becomes of the others. */
export type VersionFailureStrategy = 'Reject' | 'Fail';

/**
 * Whether a host whose version is `own` may run an instance of a version.
 * @param version of the instance; empty: none
 * @param own `durableTask.defaultVersion` of host.json; empty: none
 */
export function mayRunVersion(strategy: VersionMatchStrategy, version: string, own: string): boolean {
  if (strategy === 'None') return true;
  if (strategy === 'Strict') return version === own;
  return compareVersions(version, own) <= 0;
}

/**
 * Compares two versions as the framework does: one that is blank comes before any other; two that .NET can read as
 * `System.Version` by their numbers; others as texts, in any case.
 * @returns below, at or above 0
 */
export function compareVersions(left: string, right: string): number {
  if (left.trim() === '' || right.trim() === '')
    return Number(left.trim() !== '') - Number(right.trim() !== '');
  const leftParts = parseDotNetVersion(left);
  const rightParts = parseDotNetVersion(right);
  if (leftParts === undefined || rightParts === undefined) {
    return compare(left.toUpperCase(), right.toUpperCase());
  }
  for (const [index, part] of leftParts.entries()) {
    const order = compare(part, rightParts[index] ?? -1);
    if (order !== 0) return order;
  }
  return 0;
}

/**
 * What .NET's `Version.TryParse` reads: two to four numbers of 31 bits with dots between them, each of which may have
 * white space around it and a plus sign.
 * @returns four numbers, -1 for one that is not given; undefined where it is no such version
 */
function parseDotNetVersion(text: string): number[] | undefined {
  const parts = text.split('.');
  if (parts.length < 2 || parts.length > 4) return undefined;
  const numbers = parts.map((part) => (/^\s*\+?\d+\s*$/.test(part) ? Number(part) : NaN));
  if (!numbers.every((number) => number < 2 ** 31)) return undefined;
  return [...numbers, -1, -1].slice(0, 4);
}

function compare<T extends number | string>(left: T, right: T): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
