import {
  KEY_ACTS,
  KEY_STATES,
  STATE_TABLE,
  type StateAnswer,
} from '../../src/external-keys/states.js';

const OPERATIONS = ['Encrypt', 'Decrypt', 'GetKeyMetadata'] as const;

/** The tables of the states of keys for the documentation, in Markdown. */
export function statesTables(): string {
  const operations = KEY_STATES.map((state) => {
    const { meaning, operations, keyStatus } = STATE_TABLE[state];
    const [encrypt, decrypt, metadata] = OPERATIONS.map((name) => told(operations[name]));
    const status = operations.GetKeyMetadata === 'allowed' ? `\`${keyStatus}\`` : metadata;
    return rowOf([`**${state}**`, meaning, encrypt, decrypt, status]);
  });
  const acts = KEY_ACTS.map((act) =>
    rowOf([
      `\`${act}\``,
      ...KEY_STATES.map((state) => (STATE_TABLE[state].acts.has(act) ? 'yes' : '')),
    ]),
  );
  return [
    rowOf(['State', 'Meaning', 'Encrypt', 'Decrypt', 'GetKeyMetadata']),
    rowOf(['---', '---', '---', '---', '---']),
    ...operations,
    '',
    rowOf(['Act', ...KEY_STATES]),
    rowOf(['---', ...KEY_STATES.map(() => '---')]),
    ...acts,
  ].join('\n');
}

function told(answer: StateAnswer): string {
  return answer === 'allowed' ? 'yes' : `\`${answer}\``;
}

function rowOf(cells: readonly (string | undefined)[]): string {
  return `| ${cells.join(' | ')} |`;
}
