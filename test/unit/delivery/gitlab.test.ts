import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { root, textOf } from './files.ts';

const PROGRAM = join(root, 'node_modules/gitlab-ci-local/dist/index.js');
const pipeline = textOf('pipelines/gitlab-ci.yml');
const jobs = z.array(
  z.object({
    name: z.string(),
    stage: z.string(),
    rules: z.array(z.object({ when: z.string().optional() })).optional(),
    needs: z.array(z.object({ job: z.string() })).optional(),
  }),
);

/** What GitLab's schema and rules make of a pipeline, in a folder of its own. */
function listed(content: string) {
  const folder = mkdtempSync(join(tmpdir(), 'gitlab-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, '.gitlab-ci.yml'), content);
  return spawnSync(process.execPath, [PROGRAM, '--list-json', '--home', folder], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 30_000,
    env: { PATH: process.env['PATH'] },
  });
}

describe('the GitLab pipeline', () => {
  it('is accepted by GitLab’s schema, and deploys to prod by hand what test has', () => {
    const { status, stdout, stderr } = listed(pipeline);
    expect([status, stderr]).toEqual([0, expect.stringContaining('json schema validated')]);
    const found = new Map(jobs.parse(JSON.parse(stdout)).map((job) => [job.name, job]));
    expect([...found.keys()]).toEqual(['build', 'bicep', 'test', 'prod', 'container', 'operate']);
    expect(found.get('prod')).toMatchObject({
      needs: [{ job: 'build' }, { job: 'test' }],
      rules: [{ when: 'manual' }],
    });
  });

  it.each([
    ['expire_in:', 'expire_inn:', "'expire_inn' property is not expected"],
    ['needs: [build, test]', 'needs: [build, tset]', 'needs: [tset]'],
    ['timeout: 3 hours', 'timeout: 3', 'timeout'],
  ])('would be refused with %s as %s', (right, wrong, reason) => {
    expect(pipeline).toContain(right);
    const { status, stdout, stderr } = listed(pipeline.replace(right, wrong));
    expect([status, stdout + stderr]).toEqual([1, expect.stringContaining(reason)]);
  });
});
