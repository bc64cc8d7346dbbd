/** Where the extension's web API is reached, and how its callers prove that they may. */
export interface WebhookAddress {
  /** Such as `http://127.0.0.1:7071`. */
  readonly origin: string;
  readonly hubName: string;
  /** The system key of the extension; undefined where the host asks for none. */
  readonly key: string | undefined;
}

/** Below the host's address. */
export const WEBHOOK_PATH = '/runtime/webhooks/durabletask';
/** The same API for the app's own clients, without a key. */
export const RPC_PATH = '/durabletask';

/** The name of the connection that an app has when it names none, as the URLs give it. */
const DEFAULT_CONNECTION = 'Storage';

/** What every URL of the web API ends with: the key, or nothing. */
export function requiredQuery({ key }: WebhookAddress): string {
  return key === undefined ? '' : `code=${encodeURIComponent(key)}`;
}

export function webhookBase({ origin }: WebhookAddress): string {
  return `${origin}${WEBHOOK_PATH}`;
}

/** The addresses at which instances are started, with placeholders in braces. */
export function creationUrls(address: WebhookAddress) {
  const instance = `${webhookBase(address)}/orchestrators/{functionName}[/{instanceId}]`;
  const query = requiredQuery(address);
  return {
    createNewInstancePostUri: `${instance}?${query}`,
    createAndWaitOnNewInstancePostUri: `${instance}?timeout={timeoutInSeconds}&pollingInterval={intervalInSeconds}&${query}`,
  };
}

/**
 * The addresses of one instance.
 * @param hubName where it differs from the host's, as a binding may say
 */
export function managementUrls(
  address: WebhookAddress,
  instanceId: string,
  hubName = address.hubName,
  connection = DEFAULT_CONNECTION,
) {
  const instance = `${webhookBase(address)}/instances/${encodeURIComponent(instanceId)}`;
  const hub = `taskHub=${encodeURIComponent(hubName)}&connection=${encodeURIComponent(connection)}`;
  const required = requiredQuery(address);
  const query = required === '' ? hub : `${hub}&${required}`;
  return {
    id: instanceId,
    statusQueryGetUri: `${instance}?${query}`,
    sendEventPostUri: `${instance}/raiseEvent/{eventName}?${query}`,
    terminatePostUri: `${instance}/terminate?reason={text}&${query}`,
    rewindPostUri: `${instance}/rewind?reason={text}&${query}`,
    purgeHistoryDeleteUri: `${instance}?${query}`,
    restartPostUri: `${instance}/restart?${query}`,
    suspendPostUri: `${instance}/suspend?reason={text}&${query}`,
    resumePostUri: `${instance}/resume?reason={text}&${query}`,
  };
}
