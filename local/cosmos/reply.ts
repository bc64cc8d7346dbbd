/** What the server answers: a status, a body, headers. */
export interface Reply {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An error as Cosmos DB words it. */
export function failure(status: number, code: string, message: string): Reply {
  return { status, body: { code, message } };
}

export function badRequest(message: string): Reply {
  return failure(400, 'BadRequest', message);
}

export const NOT_FOUND: Reply = failure(
  404,
  'NotFound',
  'Entity with the specified id does not exist in the system.',
);
