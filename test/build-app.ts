import { buildApp } from '../tools/build.ts';

/** Integration tests run the app as it is deployed: from `dist/`. */
export default async function setup(): Promise<void> {
  await buildApp();
}
