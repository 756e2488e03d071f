import type { PolicyJson } from '@cedar-policy/cedar-wasm/nodejs';
import { FACTS, type FactOwner } from '../facts.js';

/** The bits after those of the facts: which principal, and which key through which alias. */
export const PRINCIPAL_ID = 1 << FACTS.length;
/** @see PRINCIPAL_ID */
export const RESOURCE_ID = PRINCIPAL_ID << 1;

/** The facts that policies read: equal facts make equal decisions. */
export interface Reads {
  /** A bit for each of {@link FACTS}, by its index, then {@link PRINCIPAL_ID} and so on. */
  readonly facts: number;
  /** Keys of the tags, in order, or all of them. */
  readonly tags: readonly string[] | 'all';
}

/** The entity of a scope, or of a condition. */
export interface EntityName {
  readonly type: string;
  readonly id: string;
}

const OWNERS: ReadonlySet<string> = new Set<FactOwner>(['principal', 'resource', 'context']);
const BITS: ReadonlyMap<string, number> = new Map(
  FACTS.map(({ owner, name }, index) => [`${owner}.${name}`, 1 << index]),
);
const ACCOUNT = BITS.get('principal.account') ?? 0;

/**
 * Finds out what the conditions of a policy read. What it does not understand counts as reading
 * everything that it might.
 */
export function readsOf({ conditions }: Pick<PolicyJson, 'conditions'>): Reads {
  const reading = new Reading();
  for (const { body } of conditions) reading.visit(body);
  return reading.result();
}

/** Joins what several policies read. */
export function allReads(each: readonly Reads[]): Reads {
  const tags = each.some((reads) => reads.tags === 'all')
    ? 'all'
    : [...new Set(each.flatMap((reads) => reads.tags))].sort();
  return { facts: each.reduce((bits, { facts }) => bits | facts, 0), tags };
}

/** Finds every entity that an expression, or a scope, names. */
export function entitiesIn(json: unknown): readonly EntityName[] {
  if (Array.isArray(json)) return json.flatMap(entitiesIn);
  if (!isRecord(json)) return [];
  const named = nameOf(json['__entity']) ?? nameOf(json['entity']);
  return named === undefined ? Object.values(json).flatMap(entitiesIn) : [named];
}

class Reading {
  #facts = 0;
  #allTags = false;
  readonly #tags = new Set<string>();

  result(): Reads {
    return { facts: this.#facts, tags: this.#allTags ? 'all' : [...this.#tags].sort() };
  }

  /** @param expression of Cedar's JSON form of policies */
  visit(expression: unknown): void {
    if (Array.isArray(expression)) {
      for (const each of expression) this.visit(each);
      return;
    }
    if (!isRecord(expression)) return;
    for (const [operator, operands] of Object.entries(expression))
      this.#operation(operator, operands);
  }

  #operation(operator: string, operands: unknown): void {
    switch (operator) {
      case 'Value':
        return;
      case 'Var':
        this.#everythingOf(operands);
        return;
      case '.':
      case 'has':
        this.#attribute(operands);
        return;
      case 'hasTag':
      case 'getTag':
        this.#tag(operands);
        return;
      case '==':
      case '!=':
      case 'in':
      case 'is':
        this.#comparison(operands);
        return;
      case 'Record':
        // Its fields may be called like operators.
        for (const each of Object.values(fieldsOf(operands))) this.visit(each);
        return;
      default:
        this.visit(operands);
    }
  }

  #attribute(operands: unknown): void {
    const { left, attr } = fieldsOf(operands);
    const owner = variable(left);
    if (owner === undefined) {
      this.#namedIn(left);
      this.visit(left);
      return;
    }
    const name: unknown = Array.isArray(attr) ? attr[0] : attr;
    const bit = BITS.get(`${owner}.${String(name)}`);
    if (bit === undefined) this.#everythingOf(owner);
    else this.#facts |= bit;
  }

  #tag(operands: unknown): void {
    const { left, right } = fieldsOf(operands);
    const tag = fieldsOf(right)['Value'];
    if (variable(left) === 'resource' && typeof tag === 'string') {
      this.#tags.add(tag);
      return;
    }
    this.#allTags = true;
    this.#namedIn(left);
    this.visit([left, right]);
  }

  /** Compared as entities, `principal` and `resource` are their ids, and where those belong. */
  #comparison(operands: unknown): void {
    this.#namedIn(fieldsOf(operands)['left']);
    for (const operand of Object.values(fieldsOf(operands))) {
      const owner = variable(operand);
      if (owner === 'principal') this.#facts |= isOfAccounts(operands) ? ACCOUNT : PRINCIPAL_ID;
      else if (owner === 'resource') this.#facts |= RESOURCE_ID;
      else this.visit(operand);
    }
  }

  /** Notes all of a request's own entity where one of its type is named: others have no facts. */
  #namedIn(expression: unknown): void {
    for (const { type } of entitiesIn(expression)) {
      if (type === 'Principal') this.#everythingOf('principal');
      if (type === 'Key') this.#everythingOf('resource');
    }
  }

  #everythingOf(owner: unknown): void {
    if (owner === 'principal') this.#facts |= PRINCIPAL_ID;
    if (owner === 'resource') {
      this.#facts |= RESOURCE_ID;
      this.#allTags = true;
    }
    FACTS.forEach((fact, index) => {
      if (fact.owner === owner) this.#facts |= 1 << index;
    });
  }
}

/** True for `principal in Account::"…"` and for `principal in [Account::"…", …]`. */
function isOfAccounts(operands: unknown): boolean {
  const { left, right } = fieldsOf(operands);
  const { Value: value, Set: list } = fieldsOf(right);
  const entities: unknown[] = Array.isArray(list)
    ? list.map((each) => fieldsOf(each)['Value'])
    : [value];
  return (
    variable(left) === 'principal' &&
    entities.every((each) => nameOf(fieldsOf(each)['__entity'])?.type === 'Account')
  );
}

function variable(expression: unknown): string | undefined {
  const name = fieldsOf(expression)['Var'];
  return typeof name === 'string' && OWNERS.has(name) ? name : undefined;
}

function nameOf(json: unknown): EntityName | undefined {
  if (!isRecord(json)) return undefined;
  const inner = isRecord(json['__entity']) ? json['__entity'] : json;
  const { type, id } = inner;
  return typeof type === 'string' && typeof id === 'string' ? { type, id } : undefined;
}

function fieldsOf(json: unknown): Readonly<Record<string, unknown>> {
  return isRecord(json) ? json : {};
}

function isRecord(json: unknown): json is Readonly<Record<string, unknown>> {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}
