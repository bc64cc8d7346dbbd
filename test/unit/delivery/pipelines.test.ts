import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { JENKINSFILE, PIPELINES, root, SCRIPTS, textOf, WORKFLOWS, yamlOf } from './files.ts';
import { workflowFaults } from './workflow-faults.ts';

const everything = [...WORKFLOWS, ...PIPELINES, ...SCRIPTS, JENKINSFILE];
const { scripts } = z
  .object({ scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(textOf('package.json')));

const steps = z.array(z.looseObject({ uses: z.string().optional(), run: z.string().optional() }));
const workflow = z.looseObject({
  permissions: z.record(z.string(), z.string()),
  jobs: z.record(
    z.string(),
    z.looseObject({
      permissions: z.record(z.string(), z.string()).optional(),
      environment: z.string().optional(),
      needs: z.union([z.string(), z.array(z.string())]).optional(),
      uses: z.string().optional(),
      with: z.record(z.string(), z.unknown()).optional(),
      'timeout-minutes': z.number().optional(),
      steps: steps.optional(),
    }),
  ),
});
const workflowOf = (path: string) => workflow.parse(yamlOf(path)[0]);

describe('a GitHub workflow', () => {
  it('is one of those that are checked here', () => {
    expect(
      readdirSync(join(root, '.github/workflows'))
        .map((file) => `.github/workflows/${file}`)
        .sort(),
    ).toEqual([...WORKFLOWS].sort());
  });

  it.each(WORKFLOWS)('is accepted by GitHub’s parser: %s', async (path) => {
    expect(await workflowFaults(path, textOf(path))).toEqual([]);
  });

  it('would be refused with a wrong key, an unknown job, a context that is not there, or a wrong input', async () => {
    const [deploy = ''] = ['.github/workflows/deploy.yml'].map(textOf);
    for (const [right, wrong] of [
      ['runs-on:', 'run-on:'],
      ['needs: [build, test]', 'needs: [build, tset]'],
      ['${{ inputs.package-run }}', '${{ input.package-run }}'],
      ['      version: ${{ needs', '      versoin: ${{ needs'],
    ] as const) {
      expect(deploy).toContain(right);
      expect([wrong, await workflowFaults('deploy.yml', deploy.replace(right, wrong))]).not.toEqual([
        wrong,
        [],
      ]);
    }
  });

  it.each(WORKFLOWS)('may do no more than it needs, and ends: %s', (path) => {
    const { permissions, jobs } = workflowOf(path);
    expect(permissions).toEqual({ contents: 'read' });
    for (const job of Object.values(jobs)) {
      const signsIn =
        job.uses !== undefined || (job.steps ?? []).some(({ uses }) => uses?.startsWith('azure/login@'));
      expect(job.permissions?.['id-token'] === 'write').toBe(signsIn);
      expect(Object.values(job.permissions ?? {}).filter((right) => right === 'write').length).toBe(
        signsIn ? 1 : 0,
      );
      if (job.uses === undefined) expect(job['timeout-minutes']).toBeGreaterThan(0);
    }
  });

  it.each(WORKFLOWS)('takes no input of a caller into a shell but by the environment: %s', (path) => {
    const commands = Object.values(workflowOf(path).jobs).flatMap((job) =>
      (job.steps ?? []).map(({ run }) => run ?? ''),
    );
    expect(commands.filter((command) => command.includes('${{'))).toEqual([]);
  });

  it('deploys to test what was built, and to prod only after that', () => {
    const { jobs } = workflowOf('.github/workflows/deploy.yml');
    expect(jobs['test']).toMatchObject({ needs: 'build', with: { environment: 'test' } });
    expect(jobs['prod']).toMatchObject({ needs: ['build', 'test'], with: { environment: 'prod' } });
    const builds = everything.filter((path) => /npm run -s package/.test(textOf(path)));
    expect(builds).toEqual(['.github/workflows/deploy.yml', ...PIPELINES, JENKINSFILE]);
  });
});

describe('every pipeline', () => {
  it.each([...WORKFLOWS, ...PIPELINES])('is YAML: %s', (path) => {
    expect(yamlOf(path)).toHaveLength(1);
  });

  it.each(everything)('names commands and files that exist: %s', (path) => {
    const text = textOf(path);
    const commands = [...text.matchAll(/\bnpm run (?:-s )?([a-z:]+)/g)].map(([, name]) => name ?? '');
    expect(commands.filter((name) => !(name in scripts))).toEqual([]);
    const files = text.match(/(?<![\w/$}])(?:pipelines|infra-bicep|deploy|\.ci)\/[\w./-]+/g) ?? [];
    for (const file of files.filter((name) => !name.endsWith('/'))) {
      expect([file, statSync(join(root, file), { throwIfNoEntry: false }) !== undefined]).toEqual([
        file,
        true,
      ]);
    }
  });

  it.each(everything)('has neither a secret nor a path of one machine: %s', (path) => {
    const text = textOf(path);
    expect(
      text.match(/secrets\.|AccountKey=|SharedAccessKey=|client-secret|password|-----BEGIN/gi) ?? [],
    ).toEqual([]);
    expect(text.match(/(?<![\w.})$/+:])\/(?:home|root|Users|work|opt|tmp)\/[\w./-]+/g) ?? []).toEqual([]);
  });

  it.each([...PIPELINES, JENKINSFILE, '.github/workflows/deploy-to.yml'])(
    'deploys and tests by the same script, and keeps what came of it: %s',
    (path) => {
      expect(textOf(path)).toContain('pipelines/deploy.sh');
      expect(textOf(path)).toMatch(/smoke-/);
    },
  );

  it.each([...PIPELINES, JENKINSFILE, '.github/workflows/deploy.yml'])('can make the image: %s', (path) => {
    expect(textOf(path)).toContain('pipelines/image.sh');
  });

  it.each([...PIPELINES, JENKINSFILE, '.github/workflows/operate.yml'])(
    'can call drift and retrain: %s',
    (path) => {
      expect(textOf(path)).toMatch(/drift/);
      expect(textOf(path)).toMatch(/retrain/);
      expect(textOf(path)).toContain('pipelines/operate.sh');
    },
  );

  it.each([
    ...WORKFLOWS.filter((path) => textOf(path).includes('upload-artifact')),
    'pipelines/gitlab-ci.yml',
    JENKINSFILE,
  ])('keeps logs and packages for 30 days: %s', (path) => {
    expect(textOf(path)).toMatch(/retention-days: 30|expire_in: 30 days|daysToKeepStr: '30'/);
  });

  it.each(['.github/workflows/pull-request.yml', ...PIPELINES, JENKINSFILE])(
    'has the true compiler and linter look at Bicep, and runs what decides whether a change lands: %s',
    (path) => {
      expect(textOf(path)).toContain('az bicep lint --file infra-bicep/main.bicep');
      expect(textOf(path)).toContain('az bicep build --file infra-bicep/main.bicep');
      expect(textOf(path)).toContain('.ci/run');
    },
  );
});

describe('the Azure pipeline', () => {
  const stage = z.object({
    stage: z.string(),
    dependsOn: z.unknown().optional(),
    condition: z.string().optional(),
  });
  const { stages } = z
    .object({ stages: z.array(z.record(z.string(), z.array(z.looseObject({})))) })
    .parse(yamlOf('pipelines/azure-pipelines.yml')[0]);
  const [deploying = []] = stages.map((branch) => Object.values(branch)[0]);

  it('builds, then deploys to test and to prod, and to neither from a branch', () => {
    expect(stages.map((branch) => Object.keys(branch)[0])).toEqual([
      "${{ if eq(parameters.action, 'deploy') }}",
      "${{ if ne(parameters.action, 'deploy') }}",
    ]);
    const [build, each, image] = deploying;
    expect(stage.parse(build).stage).toBe('build');
    const [both] = z.tuple([stage]).parse(each?.["${{ each environment in split('test,prod', ',') }}"]);
    expect(both).toMatchObject({
      stage: '${{ environment }}',
      condition: expect.stringContaining("eq(variables['Build.SourceBranch'], 'refs/heads/main')"),
    });
    expect(stage.parse(image).condition).toContain("'refs/heads/main'");
  });
});

describe('the Jenkins pipeline', () => {
  const text = textOf(JENKINSFILE).replace(/\/\/.*$/gm, '');

  it('asks a person between test and prod, and deploys from main only', () => {
    const stages = [...text.matchAll(/stage\('(\w+)'\) \{\s+(?:when \{(.*)\}\n)?/g)];
    expect(stages.map(([, name]) => name)).toEqual(['Build', 'Test', 'Approval', 'Prod', 'Image', 'Operate']);
    for (const [, name, when] of stages.slice(1, 5))
      expect([name, when]).toEqual([name, expect.stringContaining("branch 'main'")]);
    expect(text.indexOf('input message:')).toBeGreaterThan(text.indexOf("stage('Approval')"));
    expect(text.indexOf('input message:')).toBeLessThan(text.indexOf("stage('Prod')"));
  });

  it('closes what it opens', () => {
    const open: string[] = [];
    for (const sign of text.replace(/'''[^]*?'''|'[^'\n]*'/g, "''").match(/[{}()[\]]/g) ?? []) {
      if ('{(['.includes(sign)) open.push(sign);
      else expect(`${open.pop()}${sign}`).toMatch(/^(\{\}|\(\)|\[\])$/);
    }
    expect(open).toEqual([]);
  });
});
