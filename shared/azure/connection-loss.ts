/** What the SDK's AMQP connection is to those who watch it. */
interface Connection {
  isOpen(): boolean;
  once(event: 'disconnected', listener: () => void): unknown;
  removeListener(event: 'disconnected', listener: () => void): unknown;
}

/**
 * What a call over the AMQP connection of an Event Hubs client gives, unless the connection is lost first. The SDK lets a
 * send that is under way then wait for its time, though nobody is left to acknowledge it. `_context.connection` is where
 * the SDK keeps the connection; without it the time alone bounds the call.
 * @throws Error where the connection is lost, and whatever the call throws
 */
export async function unlessDisconnected<T>(client: object, call: () => Promise<T>): Promise<T> {
  const connection = connectionOf(client);
  // One that is about to be opened, or on its way out, is the SDK's own affair.
  if (connection?.isOpen() !== true) return call();
  const { promise: lost, reject } = Promise.withResolvers<never>();
  const lose = () => reject(new Error('the connection was lost'));
  connection.once('disconnected', lose);
  try {
    return await Promise.race([call(), lost]);
  } finally {
    connection.removeListener('disconnected', lose);
  }
}

function connectionOf(client: object): Connection | undefined {
  const context: unknown = Reflect.get(client, '_context');
  if (typeof context !== 'object' || context === null) return undefined;
  const connection: unknown = Reflect.get(context, 'connection');
  return isConnection(connection) ? connection : undefined;
}

function isConnection(value: unknown): value is Connection {
  if (typeof value !== 'object' || value === null) return false;
  return ['isOpen', 'once', 'removeListener'].every((name) => typeof Reflect.get(value, name) === 'function');
}
