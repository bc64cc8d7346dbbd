/**
 * The connection string of a broker on this machine. With `UseDevelopmentEmulator` the Azure SDKs speak plain TCP; they
 * take the port from the endpoint. The key is checked by nobody.
 */
export function brokerConnectionString(port: number): string {
  return (
    `Endpoint=sb://127.0.0.1:${String(port)};SharedAccessKeyName=RootManageSharedAccessKey;` +
    'SharedAccessKey=SAS_KEY_VALUE;UseDevelopmentEmulator=true;'
  );
}
