import { resolve } from 'node:path';
import { mapTexts } from '../reading/map-texts.js';
import { fileOfReference, isReference } from '../reading/secret-reference.js';
import { valuesAt } from '../reading/value-at.js';
import { backendFields } from '../written-fields.js';

/** Fields that name a file whose content is taken when the configuration is. */
const READ_WITH_IT = [
  ['listeners', '*', 'tls', 'certificateChain'],
  ['listeners', '*', 'tls', 'privateKey'],
  ['listeners', '*', 'tls', 'clientCertificates', 'roots', '*'],
  ['state', 'tls', 'certificateAuthority'],
  ['state', 'tls', 'certificate'],
  ['state', 'tls', 'privateKey'],
] as const;

/**
 * The files of certificates, keys and secrets that a configuration names, checked or not. Those
 * that are read anew whenever they are needed are left out: they need no reload.
 *
 * @param stateDirectory where relative paths start
 * @returns absolute paths
 */
export function namedFiles(value: unknown, stateDirectory: string): readonly string[] {
  const fields = [
    ...READ_WITH_IT.flatMap((field) => valuesAt(value, field)),
    ...backendFields(value, ({ files }) =>
      files.filter(({ use }) => use === 'certificates' || use === 'private-key'),
    ),
  ];
  const paths = fields.flatMap(({ value: file }) =>
    typeof file === 'string' && file !== '' && !isReference(file) ? [file] : [],
  );
  const referred: string[] = [];
  mapTexts(value, [], (text) => {
    const file = fileOfReference(text);
    if (file !== undefined) referred.push(file);
    return text;
  });
  return [...new Set([...paths, ...referred].map((file) => resolve(stateDirectory, file)))];
}
