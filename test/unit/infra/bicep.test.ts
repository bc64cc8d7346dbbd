import { describe, expect, it } from 'vitest';
import { found, infraFiles, textOf } from './bicep-text.ts';

const files = infraFiles('.bicep');
const main = textOf('infra-bicep', 'main.bicep');

describe('the Bicep files', () => {
  it('describe every parameter', () => {
    for (const { path, text } of files) {
      const lines = text.split('\n');
      const bare = lines.flatMap((line, at) => {
        if (!line.startsWith('param ')) return [];
        let before = at - 1;
        while (/^@(?!description)/.test(lines[before] ?? '')) before -= 1;
        return (lines[before] ?? '').startsWith('@description(') ? [] : [line];
      });
      expect(bare, path).toEqual([]);
    }
  });

  it('are small, and each module is used', () => {
    for (const { path, text } of files.filter((file) => file.path.startsWith('modules/'))) {
      expect(text.split('\n').length, path).toBeLessThan(250);
      expect(main).toContain(`'${path}'`);
    }
  });

  it('name every role assignment by a guid of what it assigns', () => {
    const assignments = files.flatMap(({ text }) =>
      found(text, /(?:roleAssignments|sqlRoleAssignments)@[^=]*= ([\s\S]*?)properties:/g),
    );
    expect(assignments.length).toBeGreaterThan(8);
    expect(assignments.filter((text) => !/name: guid\(\w+\.id, /.test(text))).toEqual([]);
  });

  it('leave no account reachable by a key, and read none', () => {
    const all = files.map(({ text }) => text).join('\n');
    expect(all).not.toMatch(/listKeys|listAccountSas|listServiceSas|authorizationRules/);
    expect(found(all, /allowSharedKeyAccess: (\w+)/g)).toEqual(['false', 'false']);
    expect(found(all, /disableLocalAuth: (\w+)/gi)).toEqual(['true', 'true', 'true', 'true']);
    expect(all).toContain('enableRbacAuthorization: true');
  });

  it('keep every secret parameter out of outputs, and mark it as one', () => {
    for (const { path, text } of files) {
      const secrets = found(text, /@secure\(\)\nparam (\w+)/g);
      const webhooks = found(text, /^param (\w*[wW]ebhook(?:Url)?) string/gm);
      expect(secrets.toSorted(), path).toEqual(webhooks.toSorted());
      for (const output of found(text, /^output \w+ \w+ = (.*)$/gm)) {
        expect(secrets.filter((name) => output.includes(name))).toEqual([]);
      }
    }
  });

  it('have parameter files that give what is required, and nothing unknown', () => {
    const known = found(main, /^param (\w+) /gm);
    const required = found(main, /^param (\w+) [\w[\]]+$/gm);
    expect(required).toEqual(['environmentName', 'defaultModel', 'alertEmails']);
    const parameterFiles = infraFiles('.bicepparam');
    expect(parameterFiles.map(({ path }) => path)).toEqual(
      ['dev', 'main', 'prod', 'test'].map((name) => `${name}.bicepparam`),
    );
    for (const { path, text } of parameterFiles) {
      const given = found(text, /^param (\w+) = /gm);
      expect(
        given.filter((name) => !known.includes(name)),
        path,
      ).toEqual([]);
      expect(
        required.filter((name) => !given.includes(name)),
        path,
      ).toEqual([]);
    }
  });
});
