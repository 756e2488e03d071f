import { describe, expect, it } from 'vitest';
import { checkPolicies } from '../../../src/authorization/cedar/check-policies.js';
import { cedar, policySource } from '../../support/policies.js';

/** The problems as `LINE:COLUMN found`. */
function problemsOf(text: string, keys: Readonly<Record<string, string>> = {}): readonly string[] {
  const { problems } = checkPolicies(cedar, policySource(text, keys));
  return problems.map(({ line, column, found }) => `${line}:${column} ${found}`);
}

describe('a policy that cannot be right', () => {
  it.each([
    [
      'a syntax error',
      'permit(principal, action, resource);\npermit(prinipal, action, resource);',
      /^2:\d+ /,
    ],
    [
      'an unknown attribute',
      'permit(principal, action, resource)\nwhen { principal.colour == "red" };',
      /^2:8 .*colour/,
    ],
    [
      'an attribute after text of several bytes',
      '// é\npermit(principal, action, resource) when { principal.colour == "red" };',
      /^2:44 .*colour/,
    ],
    [
      'an optional fact without has',
      'permit(principal, action, resource) when { principal.account == "1" };',
      /^1:44 .*optional attribute/,
    ],
    [
      'a fact that GetKeyMetadata never carries',
      'permit(principal, action, resource) when { context.kmsKeyArn like "*" };',
      /^1:44 .*kmsKeyArn/,
    ],
    [
      'a tag without hasTag',
      'permit(principal, action, resource) when { resource.getTag("env") == "prod" };',
      /^1:44 .*tag/,
    ],
    [
      'values of two types',
      'permit(principal, action, resource) when { context.localHour == "9" };',
      /^1:\d+ /,
    ],
    [
      'an unknown entity type',
      'permit(principal == User::"eve", action, resource);',
      /^1:\d+ .*User/,
    ],
    [
      'a forbid that can never hold',
      'permit(principal, action, resource);\nforbid(principal == Key::"eve", action, resource);',
      /^2:1 /,
    ],
    [
      'an unknown action',
      'permit(principal, action == Action::"GetHealthStatus", resource);',
      /^1:\d+ .*GetHealthStatus/,
    ],
    ['a template', 'permit(principal == ?principal, action, resource);', /template/],
    [
      'an @id that is used twice',
      '@id("a") permit(principal, action, resource);\n@id("a") forbid(principal, action, resource);',
      /^2:1 the id a of the policy in line 1/,
    ],
    ['an @id with a line feed', '@id("a\\nb") permit(principal, action, resource);', /^1:1 an @id/],
  ])('is a problem with its place: %s', (_, text, expected) => {
    const problems = problemsOf(text);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(expected);
  });

  it.each([
    ['another key', 'permit(principal, action, resource == Key::"hr");', 'Key::"hr"'],
    [
      'another key in a condition',
      'permit(principal, action, resource) when { resource == Key::"hr" || true };',
      'Key::"hr"',
    ],
    ['an alias', 'permit(principal, action, resource in Alias::"hr");', 'Alias::"hr"'],
    [
      'a key store',
      'permit(principal, action, resource in KeyStore::"store");',
      'KeyStore::"store"',
    ],
  ])('is a problem where a policy of one key names %s', (_, text, named) => {
    const problems = problemsOf('permit(principal, action, resource);', { payroll: text });
    expect(problems).toEqual([`1:1 the resource ${named}`]);
  });
});

describe('a policy that is right', () => {
  it('has the id of its annotation, or else that of its place in its file', () => {
    const text = Array.from({ length: 12 }, (_, number) =>
      number === 3
        ? '@id("fourth") forbid(principal, action, resource);'
        : 'permit(principal, action, resource);',
    ).join('\n');
    const { layers } = checkPolicies(cedar, policySource(text, { payroll: text }));
    const [ofStore, ofKey] = layers;
    expect(ofStore?.policies.map(({ id, line, effect }) => [id, line, effect]).slice(2, 4)).toEqual(
      [
        ['store.cedar#3', 3, 'permit'],
        ['fourth', 4, 'forbid'],
      ],
    );
    expect(ofStore?.policies.map(({ line }) => line)).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
    ]);
    expect(ofKey?.policies[3]?.id).toBe('payroll/fourth');
  });

  it('may name its own key, where it is one of a key', () => {
    const own = 'permit(principal, action, resource == Key::"payroll");';
    expect(problemsOf('permit(principal, action, resource);', { payroll: own })).toEqual([]);
  });
});
