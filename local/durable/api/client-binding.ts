import { z } from 'zod';
import type { InputProvider } from '../../host/trigger-driver.ts';
import {
  creationUrls,
  managementUrls,
  requiredQuery,
  RPC_PATH,
  webhookBase,
  type WebhookAddress,
} from './management-urls.ts';

const clientBinding = z.looseObject({
  taskHub: z.string().min(1).optional(),
  connectionName: z.string().min(1).optional(),
});

/** What stands for the instance's id in the management URLs; the library replaces it. */
const ID_PLACEHOLDER = 'INSTANCEID';

/**
 * Gives functions what the library's client needs to reach the web API: a JSON text of the addresses.
 * @param address asked at every call, because the port and the key are known late
 */
export function durableClientInput(address: () => WebhookAddress): InputProvider {
  return {
    types: ['durableclient', 'orchestrationclient'],
    provide: (binding) => {
      const where = address();
      const { taskHub, connectionName } = clientBinding.parse(binding);
      return {
        string: JSON.stringify({
          taskHubName: taskHub ?? where.hubName,
          connectionName: null,
          creationUrls: creationUrls(where),
          managementUrls: managementUrls(where, ID_PLACEHOLDER, taskHub, connectionName),
          baseUrl: webhookBase(where),
          requiredQueryStringParameters: requiredQuery(where),
          // The library resolves its paths against this: without the slash at the end they would replace its last part.
          rpcBaseUrl: `${where.origin}${RPC_PATH}/`,
          httpBaseUrl: null,
        }),
      };
    },
  };
}
