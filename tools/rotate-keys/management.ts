import { z } from 'zod';

/** Where a function app is, for Azure's management. */
export interface AppAddress {
  readonly subscription: string;
  readonly resourceGroup: string;
  readonly app: string;
}

export interface Management {
  /** `https://management.azure.com`, or another cloud's. */
  readonly endpoint: string;
  /** A token for that endpoint. */
  readonly token: () => Promise<string>;
}

/** Function keys by their names. */
export type NamedKeys = Readonly<Record<string, string>>;

const API_VERSION = '2024-04-01';
/** Storage of the host is behind this: it may take a while to answer. */
const BOUND_MS = 60_000;

/** The service answers with the keys alone; its published types have them among the properties of a resource. */
const keysSchema = z.union([
  z.object({ properties: z.record(z.string(), z.string()) }).transform(({ properties }) => properties),
  z.record(z.string(), z.string()),
]);

/** Keys of an app's functions, by Azure's management. Whatever it throws names the call and says no key. */
export class FunctionKeys {
  readonly #management: Management;
  readonly #base: string;

  constructor(management: Management, { subscription, resourceGroup, app }: AppAddress) {
    const [group, name] = [resourceGroup, app].map(encodeURIComponent);
    this.#management = management;
    this.#base = `/subscriptions/${encodeURIComponent(subscription)}/resourceGroups/${group}/providers/Microsoft.Web/sites/${name}`;
  }

  async list(functionName: string): Promise<NamedKeys> {
    const answer = await this.#call('POST', `${pathOf(functionName)}/listkeys`);
    const keys = keysSchema.safeParse(await answer.json());
    if (keys.success) return keys.data;
    throw new Error(`The keys of '${functionName}' came in no form that is known here`);
  }

  /** Sets a key, and looks whether it is there. */
  async set(functionName: string, name: string, value: string): Promise<void> {
    // The published types have them at the top, Azure's own tools among the properties: what is not read does no harm.
    const key = { name, value };
    await this.#call('PUT', `${pathOf(functionName)}/keys/${encodeURIComponent(name)}`, {
      ...key,
      properties: key,
    });
    if ((await this.list(functionName))[name] !== value)
      throw new Error(`Azure took the key '${name}' of '${functionName}', and does not have it`);
  }

  /** Deletes a key; one that is not there is deleted already. */
  async remove(functionName: string, name: string): Promise<void> {
    await this.#call('DELETE', `${pathOf(functionName)}/keys/${encodeURIComponent(name)}`);
  }

  async #call(method: 'POST' | 'PUT' | 'DELETE', path: string, body?: object): Promise<Response> {
    const { endpoint, token } = this.#management;
    const url = new URL(`${this.#base}${path}?api-version=${API_VERSION}`, endpoint);
    const response = await fetch(url, {
      method,
      headers: {
        authorization: `Bearer ${await token()}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(BOUND_MS),
    });
    if (response.ok || (method === 'DELETE' && response.status === 404)) return response;
    throw new Error(`${method} ${path} was answered ${response.status}: ${await codeOf(response)}`);
  }
}

function pathOf(functionName: string): string {
  return `/functions/${encodeURIComponent(functionName)}`;
}

const errorSchema = z.object({ error: z.object({ code: z.string(), message: z.string().optional() }) });

/** The service's word for what is wrong. */
async function codeOf(response: Response): Promise<string> {
  const text = await response.text();
  try {
    const { code, message } = errorSchema.parse(JSON.parse(text)).error;
    return message === undefined ? code : `${code}: ${message}`;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError) return response.statusText;
    throw error;
  }
}
