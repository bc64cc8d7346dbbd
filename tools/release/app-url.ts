/** Where a deployed app is: the origin of its address. @throws RangeError for anything but an http(s) address */
export function parseAppUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    throw new RangeError('It has to be an address that begins with https:// or http://.');
  }
  return url.origin;
}
