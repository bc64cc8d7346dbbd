/** Why a link or a transfer is refused: an AMQP error, with the conditions that the Azure SDKs know. */
export interface LinkProblem {
  readonly condition:
    | 'amqp:not-found'
    | 'amqp:not-allowed'
    | 'amqp:not-implemented'
    | 'amqp:internal-error'
    | 'amqp:decode-error'
    | 'amqp:link:stolen'
    | 'amqp:link:message-size-exceeded'
    | 'amqp:resource-limit-exceeded'
    | 'com.microsoft:argument-error'
    | 'com.microsoft:server-busy';
  readonly description: string;
}
