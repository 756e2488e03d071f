import { expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { repositoryFile } from '../../support/container-files.js';

const container = z.object({
  args: z.array(z.string()),
  env: z.tuple([z.object({ name: z.literal('HOLDFAST_CONFIG'), value: z.string() })]),
  volumeMounts: z.array(
    z.object({ name: z.string(), mountPath: z.string(), subPath: z.string().optional() }),
  ),
});
const template = z.object({
  spec: z.object({
    securityContext: z.object({ runAsUser: z.number(), fsGroupChangePolicy: z.string() }),
    containers: z.tuple([container]),
  }),
});
const workload = z.object({ kind: z.string(), spec: z.object({ template }) });

const documents = parseAllDocuments(repositoryFile('config/kubernetes.example.yaml')).map(
  (document) => z.unknown().parse(document.toJS()),
);
const workloads = ['Job', 'StatefulSet'].map((kind) =>
  workload.parse(documents.find((document) => (document as { kind: string }).kind === kind)),
);

it('the state directory → below the mount point of its volume, in the first start and later', () => {
  const settings = z
    .object({ data: z.object({ 'holdfast.yaml': z.string() }) })
    .parse(documents[0]);
  const { stateDirectory } = parse(settings.data['holdfast.yaml']) as { stateDirectory: string };
  for (const { spec } of workloads) {
    const [{ volumeMounts }] = spec.template.spec.containers;
    const mount = volumeMounts.find(({ name }) => name === 'state')?.mountPath;
    expect(stateDirectory.startsWith(`${String(mount)}/`)).toBe(true);
  }
});

it('every pod → the image’s user, and files that no later mount opens to the group', () => {
  for (const { spec } of workloads) {
    expect(spec.template.spec.securityContext).toEqual({
      runAsUser: 10_001,
      fsGroupChangePolicy: 'OnRootMismatch',
    });
  }
});

it('--init → in the first start alone', () => {
  const args = workloads.map(({ spec }) => spec.template.spec.containers[0].args);
  expect(args).toEqual([['holdfast', 'serve', '--init'], ['serve']]);
});

it('the settings → mounted as a folder, in which a reload finds what has changed', () => {
  for (const { spec } of workloads) {
    const [{ env, volumeMounts }] = spec.template.spec.containers;
    const mount = volumeMounts.find(({ name }) => name === 'settings');
    expect(mount?.subPath).toBeUndefined();
    expect(env[0].value).toBe(`${String(mount?.mountPath)}/holdfast.yaml`);
  }
});
