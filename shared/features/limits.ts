/** Longest text that a column takes. UTF-16 code units. */
export const MAX_TEXT = 256;
/** Longest name of a model, column, category or feature. UTF-16 code units. */
export const MAX_NAME = 64;
/** A one-hot of more categories makes features that no tree uses and that every prediction carries. */
export const MAX_ONE_HOT = 64;
/** Most values that a fitted frequency table may hold, and how many it holds where the feature doesn't say. */
export const MAX_FREQUENCIES = 10_000;
export const DEFAULT_FREQUENCIES = 1_000;
