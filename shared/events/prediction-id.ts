/** RFC 9562, section 5.7, in the lower case that this app writes. */
const UUID7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

export function isPredictionId(text: string): boolean {
  return UUID7.test(text);
}

/**
 * When a prediction was made, by its id: the first 48 bits of a UUIDv7.
 * @param id a text that `isPredictionId` accepts
 * @returns milliseconds since 1970-01-01T00:00Z
 */
export function timeOf(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}
