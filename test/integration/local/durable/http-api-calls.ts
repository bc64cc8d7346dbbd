import { afterEach, beforeEach } from 'vitest';
import { ApiServer } from './api-server.ts';

/** Has each test of the file run with a server of its own. @returns a way to the server of the test that runs */
export function serverOfTest(): () => ApiServer {
  let server: ApiServer;
  beforeEach(async () => {
    server = await ApiServer.start();
  });
  afterEach(async () => {
    await server.stop();
  });
  return () => server;
}

export const status = async (response: Promise<Response>) => (await response).status;

export const json = async (response: Promise<Response>) => {
  const body: unknown = await (await response).json();
  return body;
};
