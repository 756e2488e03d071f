import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { makeSelfSigned } from '../../support/certificates.js';
import {
  configurationFolder,
  load,
  SECRET_ACCESS_KEY,
} from '../../support/configuration-fixture.js';
import {
  type ComposeService,
  readComposeFile,
  readDockerfile,
  repositoryFile,
  repositoryPath,
} from '../../support/container-files.js';

const { services, networks, volumes } = readComposeFile();
const entries = Object.entries(services);
const { version } = z
  .object({ version: z.string() })
  .parse(JSON.parse(repositoryFile('package.json')));

const isServer = ({ restart }: ComposeService) => restart !== 'no';
const sourcesOf = (service: ComposeService) => service.volumes.map((text) => text.split(':')[0]);
const mountersOf = (volume: string) =>
  entries.filter(([, service]) => sourcesOf(service).includes(volume)).map(([name]) => name);

describe('docker-compose.yml', () => {
  it.each(entries)(
    '%s → can write to volumes and /tmp alone, and gains no rights',
    (_, service) => {
      expect(service).toMatchObject({
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
      });
      expect(service.tmpfs.join()).toMatch(/^\/tmp:/);
    },
  );

  it('root, and rights of its → in what prepares, which has no network', () => {
    const privileged = entries.filter(
      ([, { user, cap_add }]) => user?.startsWith('0') === true || cap_add.length > 0,
    );
    expect(privileged.map(([name]) => name)).toEqual(['prepare', 'softhsm-prepare']);
    for (const [, service] of privileged) expect(service.network_mode).toBe('none');
  });

  it.each(entries)('%s → an image of one version', (name, { image, build }) => {
    const [, openbao = ''] =
      /openbaoVersion = '(.+)'/.exec(repositoryFile('scripts/lib/install-openbao.mjs')) ?? [];
    const ours = build?.target === 'softhsm' ? `${version}-softhsm` : version;
    const expected = build === undefined ? `openbao/openbao:${openbao}` : `holdfast:${ours}`;
    expect({ name, image }).toEqual({ name, image: expected });
  });

  it('what serves → has a health check; what runs once → is waited for, or waits for health', () => {
    const once = entries.filter(([, service]) => !isServer(service)).map(([name]) => name);
    for (const [, service] of entries) {
      expect('test' in service.healthcheck).toBe(isServer(service));
      for (const [needed, { condition }] of Object.entries(service.depends_on)) {
        expect(Object.keys(services)).toContain(needed);
        expect(condition === 'service_completed_successfully').toBe(once.includes(needed));
      }
    }
    expect(services['holdfast']?.depends_on).toMatchObject({
      openbao: { condition: 'service_healthy' },
    });
  });

  it('mounts, networks and stages → exist', () => {
    const mounted = entries.flatMap(([, service]) => sourcesOf(service));
    const files = mounted.filter((source) => source?.startsWith('./') === true);
    expect(files.filter((path) => !existsSync(repositoryPath(path ?? '')))).toEqual([]);
    const named = mounted.filter((source) => source?.startsWith('./') === false);
    expect(new Set(named)).toEqual(new Set(Object.keys(volumes)));
    const stages = readDockerfile().map(({ name }) => name);
    for (const [, { build, networks: used }] of entries) {
      if (build !== undefined) expect(stages).toContain(build.target);
      for (const network of used) expect(Object.keys(networks)).toContain(network);
    }
  });

  it('ports → of this machine alone, and none of OpenBao', () => {
    const ports = entries.flatMap(([, service]) => service.ports);
    expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
    expect(services['openbao']).toMatchObject({ ports: [], networks: ['keys'] });
    expect(networks['keys']).toEqual({ internal: true });
  });

  it('no server → starts with --init, and what has begun its state is done before', () => {
    for (const [name, setup] of [
      ['holdfast', 'holdfast-setup'],
      ['holdfast-softhsm', 'softhsm-setup'],
    ] as const) {
      expect(services[name]?.command).toEqual([]);
      expect(services[name]?.depends_on).toMatchObject({
        [setup]: { condition: 'service_completed_successfully' },
      });
      // What remembers is in another volume than what it remembers, and no server can write it.
      expect(services[name]?.volumes).toContainEqual(expect.stringMatching(/-secrets:.*:ro$/));
      expect(services[setup]?.volumes).toContainEqual(expect.stringMatching(/-secrets:[^:]*$/));
    }
  });

  it.each(['openbao', 'softhsm'])('metrics of %s → published on loopback', (variant) => {
    const configuration = parse(repositoryFile(`config/compose-${variant}.yaml`)) as unknown;
    expect(configuration).toMatchObject({ operations: { host: '0.0.0.0', port: 9464 } });
    const service = services[variant === 'openbao' ? 'holdfast' : 'holdfast-softhsm'];
    expect(service?.ports).toContainEqual(expect.stringMatching(/^127\.0\.0\.1:.*:9464$/));
  });

  it('what opens everything → mounted by the setup alone', () => {
    expect(mountersOf('admin')).toEqual(['prepare', 'openbao-setup']);
    expect(mountersOf('openbao-secrets')).toEqual(['prepare', 'openbao']);
    expect(mountersOf('softhsm-admin')).toEqual(['softhsm-prepare']);
  });

  it('the policy → what the documentation grants, without the right to make keys', () => {
    const grants = (text: string) =>
      [...text.matchAll(/^path "(.+)" +\{ capabilities = \[(.+)\] \}/gm)].map(
        ([, path, capabilities]) => `${path ?? ''}: ${capabilities ?? ''}`,
      );
    const granted = grants(repositoryFile('config/compose-openbao-policy.hcl'));
    expect(granted).toHaveLength(5);
    expect(grants(repositoryFile('docs/key-managers-vault.md'))).toEqual(
      expect.arrayContaining(granted),
    );
    expect(granted.join()).not.toContain('create');
  });
});

describe('what the containers are given', () => {
  it.each(['compose-openbao.yaml', 'compose-softhsm.yaml'])(
    'config/%s with its files in place → taken without a warning but of the authority',
    async (name) => {
      const folder = configurationFolder();
      const secrets = join(folder, 'secrets');
      mkdirSync(secrets);
      const { certificate, privateKey } = await makeSelfSigned({
        commonName: 'localhost',
        dnsNames: ['localhost'],
      });
      const files = {
        'server.pem': certificate,
        'server.key': privateKey,
        'ca.pem': certificate,
        'access-key-id': 'A'.repeat(24),
        'secret-access-key': SECRET_ACCESS_KEY,
        'openbao-role-id': 'role',
        'openbao-secret-id': 'secret',
        'hsm-pin': '123456789',
        'audit.pem': generateKeyPairSync('ed25519').privateKey.export({
          type: 'pkcs8',
          format: 'pem',
        }),
      };
      for (const [file, text] of Object.entries(files)) {
        writeFileSync(join(secrets, file), text, { mode: 0o600 });
      }
      const written = repositoryFile(`config/${name}`);
      const { loaded } = load(written.replaceAll('/etc/holdfast', folder));
      expect(loaded.warnings.map(({ message }) => message)).toEqual([
        expect.stringContaining('self-signed'),
      ]);
      expect(loaded.configuration.keyStores.map(({ pathPrefix }) => pathPrefix)).toEqual([
        '/compose',
      ]);
    },
  );

  it('every config/compose-* → mounted by a service', () => {
    const mounted = entries.flatMap(([, service]) => sourcesOf(service));
    const ours = readdirSync(repositoryPath('config')).filter((name) =>
      name.startsWith('compose-'),
    );
    expect(ours.filter((name) => !mounted.includes(`./config/${name}`))).toEqual([]);
  });

  it.each(['setup-openbao.sh', 'setup-softhsm.sh', 'first-start.sh'])(
    'scripts/compose/%s → is a script',
    (name) => {
      const path = repositoryPath(`scripts/compose/${name}`);
      expect(() => execFileSync('/bin/sh', ['-n', path], { stdio: 'pipe' })).not.toThrow();
    },
  );
});
