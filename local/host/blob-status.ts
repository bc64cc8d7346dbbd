/** Whether a storage request was refused with one of these HTTP status codes. */
export function hasStatus(error: unknown, ...codes: readonly number[]): boolean {
  return (
    error instanceof Error &&
    'statusCode' in error &&
    typeof error.statusCode === 'number' &&
    codes.includes(error.statusCode)
  );
}
