import { backendFacts } from '../../src/key-managers/backends.js';
import {
  CAPABILITY_NAMES,
  type Capability,
  type CapabilityName,
} from '../../src/key-managers/capabilities.js';

/** The acts in the words of the documentation. */
const ACTS: Readonly<Record<CapabilityName, string>> = {
  create: 'Create a key',
  rotate: 'Rotate',
  disable: 'Disable in the key manager itself',
  import: 'Import material',
  'import-again': 'Import the same material again',
  'import-further': 'Import further material',
  'destroy-version': 'Destroy a version',
  'destroy-key': 'Destroy a key',
};

/** Renders the acts that each type of key manager can do, with the limits and ways out. */
export function capabilitiesTable(): string {
  const types = Object.entries(backendFacts);
  const rows = CAPABILITY_NAMES.map((name) =>
    rowOf([ACTS[name], ...types.map(([, { capabilities }]) => cellOf(capabilities[name]))]),
  );
  const heads = [
    rowOf(['', ...types.map(([type]) => type)]),
    rowOf(['', ...types].map(() => '---')),
  ];
  return [...heads, ...rows].join('\n');
}

function rowOf(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function cellOf(capability: Capability): string {
  if (!capability.can) return `no. ${capability.instead}`;
  return capability.limits === undefined ? 'yes' : `yes. ${capability.limits}`;
}
