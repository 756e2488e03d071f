// Who may import whom (docs/architecture.md). Every rule has an import that breaks it in
// test/fixtures/import-rules, and the check fails if one of those goes unnoticed.

/** Folders that know nothing of the program around them, and what each may import beside itself. */
const leaves = {
  shared: [],
  'configuration/reading': ['shared'],
  // It shares no code with what it examines, so that an error cannot cancel itself out.
  aws: ['shared'],
  doctor: ['shared'],
  durable: ['shared'],
  observability: ['shared'],
  sigv4: ['shared'],
  xks: ['shared'],
  sealing: ['configuration/reading', 'shared'],
  state: ['configuration/reading', 'durable', 'sealing', 'shared'],
  'transparency-log': ['shared'],
};

/** The interfaces of key managers, for those who must not see an implementation. */
const keyManagerInterfaces = [
  'key-managers/backend.ts',
  'key-managers/key-manager.ts',
  'key-managers/maybe-promise.ts',
];

/** The interfaces of the state, for those who must not see a store. */
const stateInterfaces = ['state/errors.ts', 'state/state.ts', 'state/store.ts'];

/** All that may be seen of backends from outside: the list, and what an entry of it is. */
const backendList = ['key-managers/backends.ts', 'key-managers/definition.ts'];

/** Layers above the leaves. A path that ends in `.ts` is that module alone. */
const layers = {
  'key-managers/nodes': [
    'shared',
    'key-managers/health-test.ts',
    'key-managers/key-readings.ts',
    'key-managers/within-deadline.ts',
    ...keyManagerInterfaces,
  ],
  'key-managers/diagnosis': [
    'shared',
    'key-managers/backend.ts',
    'key-managers/backends.ts',
    'key-managers/health-test.ts',
    'key-managers/within-deadline.ts',
    'key-managers/nodes',
  ],
  'key-managers/contract': ['shared', 'key-managers/backend.ts', 'key-managers/maybe-promise.ts'],
  'key-managers/counting': ['durable', 'shared', ...stateInterfaces, 'key-managers/backend.ts'],
  'key-stores': ['configuration/reading', 'shared', 'xks', 'key-managers/backend.ts'],
  audit: [
    ...['configuration/reading', 'durable', 'observability', 'sealing', 'shared'],
    'transparency-log',
  ],
  evidence: ['audit/record', 'audit/read', 'audit/verify', 'shared', 'transparency-log'],
  // The other side of the wire: nothing of the server's, so that an error cannot cancel itself out.
  'kms-simulator': ['configuration/reading', 'durable', 'shared'],
  // It calls KMS and reads the audit log; of the server it imports nothing that serves.
  rehearse: ['audit/read', 'aws/kms-client.ts', 'kms-simulator/main.ts', 'shared'],
  pipeline: [
    ...['audit', 'observability', 'shared', 'sigv4', 'state/state.ts', 'xks'],
    ...keyManagerInterfaces,
  ],
  http: [
    'admin',
    'audit/trail/errors.ts',
    'configuration/reading',
    'observability',
    'pipeline/call.ts',
    'shared',
    'xks/errors.ts',
  ],
  admin: [
    'audit',
    'configuration/reading',
    'key-stores',
    'shared',
    ...stateInterfaces,
    'xks/external-key-id.ts',
    ...keyManagerInterfaces,
  ],
  configuration: [
    'admin/config.ts',
    'audit/config.ts',
    'durable',
    'http/admin/admin-socket.ts',
    'http/config.ts',
    'http/tls',
    ...backendList,
    'key-managers/nodes/limits.ts',
    'key-stores',
    'observability/config.ts',
    'shared',
    'state/config.ts',
    'state/files/state-folder.ts',
  ],
  quickstart: [
    'configuration',
    'durable',
    'key-stores',
    'shared',
    'xks/paths.ts',
    ...keyManagerInterfaces,
  ],
  composition: [
    'admin',
    'audit/config.ts',
    'audit/record',
    'audit/trail',
    'configuration',
    'durable',
    'http',
    ...backendList,
    'key-managers/diagnosis',
    'key-managers/nodes',
    'key-stores',
    'observability',
    'pipeline',
    'quickstart',
    'sealing/master-key.ts',
    'shared',
    'sigv4',
    'state',
    'xks',
    ...keyManagerInterfaces,
  ],
  presentation: [
    'composition',
    'configuration',
    'key-managers/key-manager.ts',
    'key-stores/key-store.ts',
    'shared',
  ],
  cli: [
    'admin/config.ts',
    'admin/contract',
    'audit',
    'aws',
    'composition/diagnose-key-manager.ts',
    'composition/version.ts',
    'configuration',
    'doctor',
    'evidence',
    'key-managers/diagnosis/finding.ts',
    'key-stores/config.ts',
    'key-stores/credential-generator.ts',
    'kms-simulator/main.ts',
    'main.ts',
    'rehearse',
    'shared',
    'state/postgres',
    'state/store.ts',
    'transparency-log',
  ],
};

/** A folder of its own; what all backends share is not one. */
const aBackend = '^src/key-managers/(?!nodes/|contract/|counting/|diagnosis/)([^/]+)/';
/** What a backend may import beside itself. */
const forBackends = [
  'key-managers/backend.ts',
  'key-managers/definition.ts',
  'key-managers/health-test.ts',
  'key-managers/maybe-promise.ts',
  'key-managers/remembered-keys.ts',
  'key-managers/within-deadline.ts',
  'key-managers/counting',
  'configuration/reading',
  'durable',
  'sealing',
  'shared',
  'state/collection.ts',
  'state/shared-collection.ts',
  ...stateInterfaces,
  'xks/external-key-id.ts',
];

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
module.exports = {
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
        pathNot: ['^src/key-managers/', pattern('shared'), pattern('state/state.ts')],
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
    tsConfig: { fileName: `${__dirname}/tsconfig.json` },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
