import { FACTS, type Fact, type FactOwner } from './facts.js';
import { ACTIONS, type ActionName } from './request.js';

/** True for an action whose requests may carry a fact. */
export function isFactOf(action: ActionName, { notOfMetadata }: Fact): boolean {
  return !notOfMetadata || action !== 'GetKeyMetadata';
}

/**
 * Writes the schema in Cedar's language, against which policies are validated.
 *
 * @see docs/policies.md
 */
export function cedarSchema(): string {
  return `entity Account;
entity KeyStore;
entity Alias;
entity Principal in [Account, Principal] = {
${attributes(factsOf('principal'))}
};
entity Key in [KeyStore, Alias] = {
${attributes(factsOf('resource'))}
} tags String;
${ACTIONS.map(action).join('\n')}
`;
}

function action(name: ActionName): string {
  const context = factsOf('context').filter((fact) => isFactOf(name, fact));
  return `action ${name} appliesTo {
  principal: Principal,
  resource: Key,
  context: {
${attributes(context, '    ')}
  }
};`;
}

function factsOf(owner: FactOwner): readonly Fact[] {
  return FACTS.filter((fact) => fact.owner === owner);
}

function attributes(facts: readonly Fact[], indent = '  '): string {
  return facts
    .map(({ name, type, optional }) => `${indent}${name}${optional ? '?' : ''}: ${type},`)
    .join('\n');
}
