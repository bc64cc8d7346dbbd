import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { validate } from 'dockerfile-utils';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { EVENT_HUBS } from '../../../shared/azure/layout.ts';
import { COMPOSE, root, SCRIPTS, textOf, yamlOf } from './files.ts';

const compose = z.object({
  services: z.record(
    z.string(),
    z.looseObject({
      image: z.string(),
      ports: z.array(z.string()),
      environment: z.record(z.string(), z.string()).optional(),
    }),
  ),
});

const report = z.array(z.object({ messages: z.array(z.object({ type: z.string(), message: z.string() })) }));

/** What the linter has against a compose file, its schema's complaints included. */
function complaints(file: string): string[] {
  const program = join(root, 'node_modules/dclint/bin/dclint.cjs');
  const { stdout } = spawnSync(process.execPath, [program, '--quiet', '--formatter', 'json', file], {
    encoding: 'utf8',
  });
  return report.parse(JSON.parse(stdout)).flatMap(({ messages }) => messages.map(({ message }) => message));
}

describe('the image', () => {
  it('is described by a valid Dockerfile', () => {
    const faults = (text: string) => validate(text).map(({ message }) => message);
    expect(faults(textOf('deploy/Dockerfile'))).toEqual([]);
    expect(faults(textOf('deploy/Dockerfile').replace('COPY .', 'COPI .'))).not.toEqual([]);
  });

  it('is made of the package, on the base image of Node 24, without the rights of root', () => {
    const text = textOf('deploy/Dockerfile');
    expect(text).toMatch(/^FROM mcr\.microsoft\.com\/azure-functions\/node:4-node24$/m);
    expect(text).toMatch(/^COPY \. \/home\/site\/wwwroot$/m);
    expect(text).toMatch(/^USER 1000$/m);
    expect(text).not.toMatch(/npm |RUN /);
  });

  it.each(SCRIPTS)('and everything else is made by scripts that a shell can read: %s', (path) => {
    expect(spawnSync('sh', ['-n', join(root, path)], { encoding: 'utf8' })).toMatchObject({
      status: 0,
      stderr: '',
    });
  });
});

describe('the emulators', () => {
  it('are described by a valid compose file', () => {
    expect(complaints(join(root, COMPOSE))).toEqual([]);
  });

  it('would be refused with a key that compose does not know', () => {
    const folder = mkdtempSync(join(tmpdir(), 'compose-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const wrong = join(folder, 'compose.yaml');
    writeFileSync(wrong, textOf(COMPOSE).replace('    ports:', '    prots:'));
    expect(complaints(wrong).join()).toContain('must NOT have additional properties');
  });

  it('are reachable from this machine only, at the ports that the settings name', () => {
    const { services } = compose.parse(yamlOf(COMPOSE)[0]);
    const ports = Object.values(services).flatMap((service) => service.ports);
    expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
    const published = ports.map((port) => port.split(':')[1]);
    expect(new Set(published)).toEqual(new Set(['10000', '10001', '10002', '8081', '5672']));
    for (const { image } of Object.values(services)) expect(image).toMatch(/:(?!latest$)[\w.-]+$/);
  });

  it('have the hubs of the app', () => {
    const config = z.object({
      UserConfig: z.object({
        NamespaceConfig: z.tuple([
          z.object({ Entities: z.array(z.object({ Name: z.string(), PartitionCount: z.string() })) }),
        ]),
      }),
    });
    const [{ Entities }] = config.parse(JSON.parse(textOf('deploy/event-hubs.json'))).UserConfig
      .NamespaceConfig;
    expect(
      Entities.map(({ Name, PartitionCount }) => ({ name: Name, partitions: Number(PartitionCount) })),
    ).toEqual([...EVENT_HUBS]);
  });
});
