import type { DetailedError, PolicyJson, ValidationError } from '@cedar-policy/cedar-wasm/nodejs';
import { cedarSchema } from '../cedar-schema.js';
import type { PolicyFile, PolicySource } from '../policy-source.js';
import type { Cedar } from './cedar.js';
import { foreignResources } from './foreign-resources.js';
import { allReads, type Reads, readsOf } from './reads.js';
import { type Scope, scopeOf } from './scope.js';
import { type TextPlace, placeIn } from './text-place.js';

/** The most policies that a layer may have: an evaluation may have to look at all of them. */
export const MAX_POLICIES = 1_000;
const MAX_ID_CHARACTERS = 128;
const POLICY_ID = /^[\p{L}\p{N} ._:/#-]+$/u;

/** A policy that is valid. */
export interface CheckedPolicy {
  /** Its annotation `@id`, or else `FILE#NUMBER`; within the policies of a key, after `KEY/`. */
  readonly id: string;
  readonly file: string;
  /** Counts from 1. */
  readonly line: number;
  readonly text: string;
  readonly effect: 'permit' | 'forbid';
  readonly scope: Scope;
  /** The facts that it reads of a request within its place of the index. */
  readonly reads: Reads;
}

/** The policies of a key store, or of a key. All layers of a request must permit it. */
export interface CheckedLayer {
  /** Absent for the key store. */
  readonly externalKeyId: string | undefined;
  readonly policies: readonly CheckedPolicy[];
}

/** A mistake in a file of policies. */
export interface PolicyProblem extends TextPlace {
  /** Absolute. */
  readonly file: string;
  readonly found: string;
  readonly allowed: string;
}

/** The policies of a key store after the check: the key store's first. */
export interface CheckedPolicies {
  readonly layers: readonly CheckedLayer[];
  /** Then the layers are not to be used. */
  readonly problems: readonly PolicyProblem[];
}

/** Parses policies and validates them against the schema. Traps at what is nested deeply. */
export function checkPolicies(cedar: Cedar, { files, keys }: PolicySource): CheckedPolicies {
  const check = new Check(cedar);
  const layers = [
    check.layer(undefined, files),
    ...keys.map(({ externalKeyId, files: ofKey }) => check.layer(externalKeyId, ofKey)),
  ];
  return { layers, problems: check.problems };
}

class Check {
  readonly problems: PolicyProblem[] = [];
  readonly #cedar: Cedar;
  readonly #schema = cedarSchema();

  constructor(cedar: Cedar) {
    this.#cedar = cedar;
  }

  layer(externalKeyId: string | undefined, files: readonly PolicyFile[]): CheckedLayer {
    const policies: CheckedPolicy[] = [];
    const byId = new Map<string, CheckedPolicy>();
    for (const file of files) {
      for (const policy of this.#file(externalKeyId, file)) {
        const other = byId.get(policy.id);
        byId.set(policy.id, policy);
        policies.push(policy);
        if (other === undefined) continue;
        const found = `the id ${policy.id} of the policy in line ${other.line} of ${other.file}`;
        this.#problem(file, { line: policy.line, column: 1 }, found, 'an @id of its own for each');
      }
    }
    const last = files.at(-1);
    if (policies.length === 0 && last !== undefined && this.problems.length === 0) {
      const allowed = 'at least one policy: without any, every request would be denied';
      this.#problem(last, { line: 1, column: 1 }, 'no policy', allowed);
    }
    if (policies.length > MAX_POLICIES && last !== undefined) {
      const allowed = `at most ${MAX_POLICIES} policies of a key store, or of a key`;
      this.#problem(last, { line: 1, column: 1 }, `${policies.length} policies`, allowed);
    }
    return { externalKeyId, policies };
  }

  #file(externalKeyId: string | undefined, file: PolicyFile): readonly CheckedPolicy[] {
    const parts = this.#cedar.policySetTextToParts(file.text);
    if (parts.type === 'failure') {
      this.#report(file, parts.errors, 'policies in Cedar that can be parsed');
      return [];
    }
    if (parts.policy_templates.length > 0) {
      const found = 'a template, which nothing is linked to';
      this.#problem(file, { line: 1, column: 1 }, found, 'policies without slots (?principal)');
      return [];
    }
    this.#validate(file);
    const inOrder = sortedByNumber(parts.policies);
    let from = 0;
    return inOrder.flatMap((text, index) => {
      const at = Math.max(file.text.indexOf(text, from), from);
      from = at + text.length;
      const policy = this.#policy(file, text, at);
      if (policy === undefined) return [];
      const place = placeIn(file.text, Buffer.byteLength(file.text.slice(0, at)));
      const id = policy.annotations?.['id'] ?? `${file.name}#${index + 1}`;
      this.#checkId(file, place, id);
      for (const found of externalKeyId === undefined
        ? []
        : foreignResources(policy, externalKeyId)) {
        this.#problem(
          file,
          place,
          found,
          `no resource but ${externalKeyId}, whose policies these are`,
        );
      }
      return [
        checked(policy, { text, file: file.path, line: place.line, id: fullId(externalKeyId, id) }),
      ];
    });
  }

  #policy(file: PolicyFile, text: string, at: number): PolicyJson | undefined {
    const answer = this.#cedar.policyToJson(text);
    if (answer.type === 'success') return answer.json;
    const place = placeIn(file.text, Buffer.byteLength(file.text.slice(0, at)));
    this.#problem(file, place, firstMessage(answer.errors), 'a policy that can be read');
    return undefined;
  }

  #checkId(file: PolicyFile, place: TextPlace, id: string): void {
    if (id.length <= MAX_ID_CHARACTERS && POLICY_ID.test(id)) return;
    const allowed = `1 to ${MAX_ID_CHARACTERS} letters, digits, spaces and any of ._:/#-`;
    this.#problem(file, place, `an @id of ${id.length} characters`, allowed);
  }

  #validate(file: PolicyFile): void {
    const answer = this.#cedar.validate({
      schema: this.#schema,
      policies: { staticPolicies: file.text },
      validationSettings: { mode: 'strict' },
    });
    if (answer.type === 'failure') {
      this.#report(file, answer.errors, 'policies in Cedar');
      return;
    }
    // A policy that can never hold is a mistake, and of a forbid a dangerous one.
    const wrong = new Set(answer.validationErrors.map(({ policyId }) => policyId));
    const useless = answer.validationWarnings.filter(({ policyId }) => !wrong.has(policyId));
    const invalid = [...answer.validationErrors, ...useless];
    const told = new Set<string>();
    for (const { error } of invalid.sort(byPlace)) {
      const start = error.sourceLocations?.[0]?.start ?? 0;
      // The same is said once for each action.
      if (told.has(`${start}`)) continue;
      told.add(`${start}`);
      this.#report(file, [error], 'a policy that is valid against the schema (docs/policies.md)');
    }
  }

  #report(file: PolicyFile, errors: readonly DetailedError[], allowed: string): void {
    for (const error of errors) {
      const place = placeIn(file.text, error.sourceLocations?.[0]?.start ?? 0);
      const help = error.help ?? allowed;
      this.#problem(file, place, readable(error.message), help);
    }
  }

  #problem(file: PolicyFile, { line, column }: TextPlace, found: string, allowed: string): void {
    this.problems.push({ file: file.path, line, column, found, allowed });
  }
}

function checked(
  json: PolicyJson,
  place: Pick<CheckedPolicy, 'id' | 'text' | 'file' | 'line'>,
): CheckedPolicy {
  const scope = scopeOf(json);
  const reads = allReads([readsOf(json), { facts: scope.facts, tags: [] }]);
  return { ...place, effect: json.effect, scope, reads };
}

function fullId(externalKeyId: string | undefined, id: string): string {
  return externalKeyId === undefined ? id : `${externalKeyId}/${id}`;
}

/** Cedar names policies policy0, policy1, policy2 … and hands them out in the order of names. */
function sortedByNumber(texts: readonly string[]): readonly string[] {
  const names = texts.map((_, index) => index).sort((a, b) => (`${a}` < `${b}` ? -1 : 1));
  const inOrder = new Map(names.map((number, index) => [number, texts[index] ?? '']));
  return texts.map((_, number) => inOrder.get(number) ?? '');
}

function byPlace({ error: a }: ValidationError, { error: b }: ValidationError): number {
  return (a.sourceLocations?.[0]?.start ?? 0) - (b.sourceLocations?.[0]?.start ?? 0);
}

/** Without the number that Cedar has given the policy, which stands nowhere in the file. */
function readable(message: string): string {
  return message.replace(/^for policy `policy\d+`, /u, '');
}

function firstMessage(errors: readonly DetailedError[]): string {
  return readable(errors[0]?.message ?? 'a policy that Cedar does not take');
}
