import type { TokenCredential } from '@azure/identity';

const credentials = new Map<string, TokenCredential>();

/** The user-assigned managed identity, or the developer's own sign-in where no client id is set; one per client id. */
export async function credentialFor(clientId: string | undefined): Promise<TokenCredential> {
  const key = clientId ?? '';
  const known = credentials.get(key);
  if (known !== undefined) return known;
  // Imported only when needed: it costs a quarter of a second that the local stack never has to pay.
  const { DefaultAzureCredential, ManagedIdentityCredential } = await import('@azure/identity');
  const credential =
    clientId === undefined ? new DefaultAzureCredential() : new ManagedIdentityCredential({ clientId });
  credentials.set(key, credential);
  return credential;
}
