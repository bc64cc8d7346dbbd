/** Why a stack can't start or go on, in words for the person who started it. */
export class StackError extends Error {
  override readonly name = 'StackError';
}
