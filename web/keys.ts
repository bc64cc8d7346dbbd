import type { Right } from './api.ts';

const PREFIX = 'tollgate.key.';

/** Keys live as long as the tab, and nowhere but in it. */
export function keyOf(right: Right): string | null {
  return sessionStorage.getItem(PREFIX + right);
}

export function keepKey(right: Right, key: string): void {
  sessionStorage.setItem(PREFIX + right, key);
}
