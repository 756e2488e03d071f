import { cedarSchema } from '../../src/authorization/cedar-schema.js';
import { FACTS, type FactOwner } from '../../src/authorization/facts.js';

const TITLES: readonly (readonly [FactOwner, string])[] = [
  ['principal', '`principal`, the caller'],
  ['resource', '`resource`, the key'],
  ['context', '`context`, the call'],
];

/** The schema of policies in Cedar's language, and a table of its facts. */
export function policySchema(): string {
  const tables = TITLES.map(([owner, title]) => {
    const rows = FACTS.filter((fact) => fact.owner === owner).map(
      ({ name, optional, type, description }) =>
        `| \`${name}${optional ? '?' : ''}\` | ${type} | ${description} |`,
    );
    return `| ${title} | Type | Meaning |\n| --- | --- | --- |\n${rows.join('\n')}`;
  });
  return [`\`\`\`cedar\n${cedarSchema()}\`\`\``, ...tables].join('\n\n');
}
