import type { Reply } from '../../host/http-reply.ts';

/** An answer without a body, as the extension gives most of them. */
export function emptyReply(status: number): Reply {
  return { status, headers: [], body: '' };
}

/** @param text JSON text @param headers names and values in turn */
export function jsonTextReply(status: number, text: string, headers: readonly string[] = []): Reply {
  return { status, headers: ['content-type', 'application/json; charset=utf-8', ...headers], body: text };
}

export function jsonReply(status: number, value: unknown, headers: readonly string[] = []): Reply {
  return jsonTextReply(status, JSON.stringify(value), headers);
}

/** A refusal in the extension's form. */
export function errorReply(status: number, message: string): Reply {
  return jsonReply(status, { Message: message });
}

/** Ends the handling of a request with an answer that says what is wrong, in the extension's form for exceptions. */
export class ApiRefusal extends Error {
  override readonly name = 'ApiRefusal';
  readonly reply: Reply;

  /**
   * @param message what the extension says in general
   * @param detail what is wrong here
   * @param exception the .NET exception's name
   */
  constructor(status: number, message: string, detail: string, exception: string) {
    super(`${message}: ${detail}`);
    this.reply = jsonReply(status, {
      Message: message,
      ExceptionMessage: detail,
      ExceptionType: exception,
      StackTrace: null,
    });
  }
}

/** An argument that is never right. */
export function badArgument(detail: string): ApiRefusal {
  return new ApiRefusal(
    400,
    'One or more of the arguments submitted is incorrect',
    detail,
    'System.ArgumentException',
  );
}

/** What went wrong on this side, and what an instance's status forbids: the extension has one answer to both. */
export function internalError(detail: string): ApiRefusal {
  return new ApiRefusal(
    500,
    'Something went wrong while processing your request',
    detail,
    'System.InvalidOperationException',
  );
}

export function invalidJson(detail: string): ApiRefusal {
  return new ApiRefusal(400, 'Invalid JSON content', detail, 'Newtonsoft.Json.JsonReaderException');
}
