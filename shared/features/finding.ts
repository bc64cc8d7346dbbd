/** Something that a definition says and that can't be; `path` are the keys from the definition's root. */
export interface Finding {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Takes note of a finding; a part of a definition reports paths from its own root. */
export type Report = (path: Finding['path'], message: string) => void;
