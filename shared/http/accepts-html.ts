import type { HttpRequest } from '@azure/functions';

/** Whether a caller would rather have a page than JSON, as browsers do. */
export function acceptsHtml(request: Pick<HttpRequest, 'headers'>): boolean {
  const accepted = (request.headers.get('accept') ?? '').toLowerCase();
  const [page, json] = [accepted.indexOf('text/html'), accepted.indexOf('application/json')];
  return page >= 0 && (json < 0 || page < json);
}
