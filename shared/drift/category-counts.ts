/** Rows of each category. */
export type CategoryCounts = ReadonlyMap<string, number>;

/** Two windows' counts over the categories of both, in the order of first appearance, the reference's first. */
export function alignCounts(
  reference: CategoryCounts,
  current: CategoryCounts,
): { readonly categories: readonly string[]; readonly reference: number[]; readonly current: number[] } {
  const categories = [...new Set([...reference.keys(), ...current.keys()])];
  return {
    categories,
    reference: categories.map((category) => reference.get(category) ?? 0),
    current: categories.map((category) => current.get(category) ?? 0),
  };
}
