/**
 * Copies of registry rows in the `models` container, from which the registry is rebuilt when Cosmos is lost. They lie
 * beside the versions' folders, which never change.
 */

/** Rewritten after every change of the model's traffic. */
export function trafficCopyPath(model: string): string {
  return `${model}/traffic.json`;
}

/** Written before the version's row, and rewritten when that is changed. */
export function versionCopyPath(model: string, version: string): string {
  return `${model}/versions/${version}.json`;
}

/** A row as its copy has it. */
export function copyBytes(row: object): Uint8Array {
  return Buffer.from(`${JSON.stringify(row, undefined, 2)}\n`);
}
