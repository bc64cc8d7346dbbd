import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ScaledObject, TriggerAuthentication } from '@kubernetes-models/keda/keda.sh/v1alpha1';
import { Deployment } from 'kubernetes-models/apps/v1';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1';
import { ConfigMap, Service, ServiceAccount } from 'kubernetes-models/v1';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { EVENT_HUBS } from '../../../shared/azure/layout.ts';
import { readSettings } from '../../../shared/config.ts';
import { root, yamlOf } from './files.ts';

const FOLDER = 'deploy/kubernetes';
/** How each kind checks an object: by the schemas of Kubernetes and of KEDA. */
const CHECKS: Record<string, (json: never) => { validate: () => void }> = {
  Deployment: (json) => new Deployment(json),
  Service: (json) => new Service(json),
  ServiceAccount: (json) => new ServiceAccount(json),
  ConfigMap: (json) => new ConfigMap(json),
  PodDisruptionBudget: (json) => new PodDisruptionBudget(json),
  ScaledObject: (json) => new ScaledObject(json),
  TriggerAuthentication: (json) => new TriggerAuthentication(json),
};
const files = readdirSync(join(root, FOLDER)).filter((file) => file !== 'kustomization.yaml');
const headSchema = z.looseObject({ kind: z.string(), metadata: z.looseObject({ name: z.string() }) });
const objects = new Map(
  files.map((file) => {
    const head = headSchema.parse(yamlOf(`${FOLDER}/${file}`)[0]);
    return [head.kind, head] as const;
  }),
);
const objectOf = (kind: string): unknown => objects.get(kind);

function check(kind: string, json: unknown): void {
  const model = CHECKS[kind]?.(json as never);
  if (model === undefined) throw new Error(`no schema checks a ${kind}`);
  model.validate();
}

const probe = z.object({ httpGet: z.object({ path: z.string(), port: z.string() }) });
const podSchema = z.object({
  spec: z.object({
    selector: z.object({ matchLabels: z.record(z.string(), z.string()) }),
    template: z.object({
      metadata: z.object({ labels: z.record(z.string(), z.string()) }),
      spec: z.object({
        serviceAccountName: z.string(),
        containers: z.tuple([
          z.looseObject({
            image: z.string(),
            ports: z.array(z.object({ name: z.string(), containerPort: z.int() })),
            resources: z.unknown(),
            startupProbe: probe,
            livenessProbe: probe,
            readinessProbe: probe,
          }),
        ]),
      }),
    }),
  }),
});
const { spec } = podSchema.parse(objectOf('Deployment'));
const [container] = spec.template.spec.containers;

describe('the Kubernetes objects', () => {
  it.each(files)('fit their schemas: %s', (file) => {
    const [object, ...more] = yamlOf(`${FOLDER}/${file}`);
    expect(more).toEqual([]);
    check(headSchema.parse(object).kind, object);
  });

  it('would not with a field missing or of a wrong type', () => {
    const text = JSON.stringify(objectOf('Deployment'));
    expect(() => check('Deployment', JSON.parse(text.replace('"selector"', '"selectors"')))).toThrow(
      /selector/,
    );
    expect(() =>
      check('Deployment', JSON.parse(text.replace('"periodSeconds":2', '"periodSeconds":"2"'))),
    ).toThrow(/periodSeconds/);
    const scaled = JSON.stringify(objectOf('ScaledObject'));
    expect(() =>
      check('ScaledObject', JSON.parse(scaled.replace('"maxReplicaCount":10', '"maxReplicaCount":"ten"'))),
    ).toThrow(/maxReplicaCount/);
  });

  it('are all applied together', () => {
    const { resources, images } = z
      .object({
        resources: z.array(z.string()),
        images: z.tuple([z.object({ name: z.string(), newTag: z.string() })]),
      })
      .parse(yamlOf(`${FOLDER}/kustomization.yaml`)[0]);
    expect(resources.toSorted()).toEqual(files.toSorted());
    expect(container.image.startsWith(`${images[0].name}:`)).toBe(true);
  });

  it('find each other', () => {
    const { labels } = spec.template.metadata;
    expect(labels).toMatchObject(spec.selector.matchLabels);
    expect(objectOf('Service')).toMatchObject({
      spec: { selector: spec.selector.matchLabels, ports: [{ targetPort: container.ports[0]?.name }] },
    });
    expect(objectOf('PodDisruptionBudget')).toMatchObject({ spec: { selector: spec.selector } });
    expect(objects.get('ServiceAccount')?.metadata.name).toBe(spec.template.spec.serviceAccountName);
    expect(container).toMatchObject({
      envFrom: [{ configMapRef: { name: objects.get('ConfigMap')?.metadata.name } }],
    });
    expect(objectOf('ScaledObject')).toMatchObject({
      spec: { scaleTargetRef: { name: objects.get('Deployment')?.metadata.name } },
    });
  });

  it('ask the app whether it lives and whether it can score, at the port of the image', () => {
    const paths = [container.startupProbe, container.livenessProbe, container.readinessProbe].map(
      ({ httpGet }) => httpGet,
    );
    expect(paths).toEqual(
      ['live', 'live', 'ready'].map((what) => ({ path: `/api/health/${what}`, port: 'http' })),
    );
    expect(container.ports).toEqual([{ name: 'http', containerPort: 8080 }]);
  });

  it('give half a core to one, and 500 MiB to 1 GiB', () => {
    expect(container.resources).toEqual({
      requests: { cpu: '500m', memory: '500Mi' },
      limits: { cpu: '1', memory: '1Gi' },
    });
  });

  it('scale from 3 to 10, also by what waits in every hub', () => {
    const { minReplicaCount, maxReplicaCount, triggers } = z
      .object({
        spec: z.object({
          minReplicaCount: z.int(),
          maxReplicaCount: z.int(),
          triggers: z.array(z.object({ type: z.string(), metadata: z.record(z.string(), z.string()) })),
        }),
      })
      .parse(objectOf('ScaledObject')).spec;
    expect([minReplicaCount, maxReplicaCount]).toEqual([3, 10]);
    const hubs = triggers
      .filter(({ type }) => type === 'azure-eventhub')
      .map(({ metadata }) => metadata['eventHubName']);
    expect(hubs).toEqual(EVENT_HUBS.map(({ name }) => name));
    expect(triggers.map(({ type }) => type)).toContain('cpu');
  });

  it('give the app settings that it accepts, without a key', () => {
    const { data } = z.object({ data: z.record(z.string(), z.string()) }).parse(objectOf('ConfigMap'));
    expect(readSettings(data)).toMatchObject({ defaultModel: 'fraud', storage: { by: 'identity' } });
    expect(JSON.stringify(data)).not.toMatch(/AccountKey|SharedAccessKey/);
  });
});
