// Who may import whom (docs/architecture.md). Every rule has an import that breaks it in
// test/fixtures/import-rules, and the check fails if one of those goes unnoticed.
import { aBackend, forBackends, layers, leaves } from './scripts/lib/import-layers.mjs';

/** @type {import('dependency-cruiser').IForbiddenRuleType[]} */
const insides = Object.entries({ ...leaves, ...layers }).map(([folder, allowed]) => ({
  name: `${folder.replaceAll('/', '-')}-imports`,
  comment: `src/${folder} may import only: ${['itself', ...allowed].join(', ')}.`,
  severity: 'error',
  from: { path: `^src/${folder}/` },
  to: { path: '^src/', pathNot: [folder, ...allowed].map(pattern) },
}));

/** @param {string} path of a module, or of a folder, below `src` */
function pattern(path) {
  return path.endsWith('.ts') ? `^src/${path.replaceAll('.', '\\.')}$` : `^src/${path}/`;
}

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...insides,
    {
      name: 'backend-imports',
      comment:
        'A backend sees its own folder, the interface and some leaves; the rest is handed to it.',
      severity: 'error',
      from: { path: aBackend },
      to: {
        path: '^src/',
        pathNot: ['^src/key-managers/$1/', ...forBackends.map(pattern)],
      },
    },
    {
      name: 'only-the-list-imports-backends',
      comment: 'Everything else works with the interfaces, so that a backend is one folder.',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: [
          pattern('key-managers/backends.ts'),
          pattern('key-managers/published.ts'),
          aBackend,
        ],
      },
      to: { path: aBackend },
    },
    {
      name: 'key-manager-interfaces-import-shared',
      comment:
        'The interfaces and what all backends share know nothing of the program around them.',
      severity: 'error',
      from: { path: '^src/key-managers/[^/]+\\.ts$' },
      to: {
        path: '^src/',
        pathNot: [
          '^src/key-managers/',
          pattern('shared'),
          pattern('state/state.ts'),
          pattern('state/until-settled.ts'),
          pattern('xks/external-key-id.ts'),
        ],
      },
    },
    {
      name: 'express-only-in-http',
      comment: 'HTTP has one place.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/http/' },
      to: { path: '(^|/)node_modules/(@types/)?(express|helmet)(/|$)' },
    },
    {
      name: 'native-calls-only-of-the-socket',
      comment:
        'What can call any C function has one place (docs/adr/0010-the-kernel-says-who-asks.md).',
      severity: 'error',
      from: { path: '^src/', pathNot: pattern('http/admin/socket-peer.ts') },
      to: { path: '(^|/)node_modules/koffi(/|$)' },
    },
    {
      name: 'database-only-of-the-state',
      comment:
        'Nothing on the way of a request asks it (docs/adr/0013-the-database-is-on-no-requests-way.md).',
      severity: 'error',
      from: { path: '^src/', pathNot: pattern('state/postgres') },
      to: { path: '(^|/)node_modules/(@types/)?(pg|pg-pool|pg-protocol)(/|$)' },
    },
    {
      name: 'shared-uses-built-ins-only',
      comment: 'What all import drags nothing behind it.',
      severity: 'error',
      from: { path: '^src/shared/' },
      to: { path: '(^|/)node_modules/' },
    },
    {
      name: 'no-development-dependency',
      comment: 'The server runs without them.',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown', 'unknown'] },
    },
    {
      name: 'no-tests-in-the-program',
      comment: 'Tests are not shipped.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|scripts)/' },
    },
    {
      name: 'no-cycle',
      comment: 'Two modules that import each other are one module.',
      severity: 'error',
      from: { path: '^src/' },
      to: { circular: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // An import of a type is an import: it is knowledge of the other side.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: new URL('tsconfig.json', import.meta.url).pathname },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
