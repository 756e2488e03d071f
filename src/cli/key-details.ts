import type { Key, ListingGaps, ShownKey } from '../admin/contract/keys.js';
import { record } from './table.js';

/** Writes a key's usage as the command line takes it and as listings show it. */
export function usageText({ usage }: Pick<Key, 'usage'>): string {
  return usage.length === 0 ? 'NONE' : usage.join(',');
}

/** Warns of key managers whose keys may not all be told, a line each. */
export function gapWarnings(gaps: ListingGaps): string {
  return gaps
    .map(({ keyManager, reason }) => `warning: key manager "${keyManager}": ${reason}.\n`)
    .join('');
}

/** A key whose certificate of destruction may be known. */
type DetailedKey = Key & Partial<Pick<ShownKey, 'certificate'>>;

/** Everything about a key, for people. */
export function keyDetails(key: DetailedKey): string {
  const pairs: [string, string][] = [
    ['External key id', key.externalKeyId],
    ['Key manager', key.keyManager],
    ['Key stores', key.keyStores.join(', ') || 'none'],
    ['Usage', usageText(key)],
    ['State', key.problem === undefined ? key.state : `${key.state}: ${key.problem}`],
    ['Origin', key.origin],
    [
      'Description',
      key.description === undefined || key.description === '' ? '-' : key.description,
    ],
    ['Tags', tagsText(key)],
    ['Aliases', key.aliases.join(', ') || 'none'],
    ['Created', createdText(key)],
    ['Rotation', rotationText(key)],
    ['Last rotated', key.lastRotatedAt ?? 'never by Holdfast'],
    ...duePairs(key),
    ...underWayPairs(key),
    ['Current version', String(key.currentVersion ?? 'none')],
    ['Encryptions left', key.encryptionsLeft?.toLocaleString('en') ?? 'not counted'],
    ...key.versions.map(({ version, materialName, material, expiresAt }): [string, string] => [
      `Version ${String(version)}`,
      [
        `material ${materialName}`,
        ...(material === 'present' ? [] : [material]),
        ...(expiresAt === undefined ? [] : [`expires ${expiresAt}`]),
      ].join(', '),
    ]),
    ...importPairs(key),
    ...destructionPairs(key),
  ];
  return record(pairs);
}

function underWayPairs({ underWay, begun, unfinished }: Key): [string, string][] {
  if (underWay === undefined) return [];
  const since =
    begun === undefined ? '' : `, begun ${begun.at} by ${begun.by} on replica ${begun.replica}`;
  return [
    ['Under way', `${underWay}${since}; Holdfast finishes it by itself`],
    ...(unfinished === undefined
      ? []
      : ([
          ['Not finished', unfinished.reason],
          ['What to do', unfinished.advice],
        ] as [string, string][])),
  ];
}

function duePairs({ state, deletionAt }: Key): [string, string][] {
  if (state !== 'PendingDeletion' || deletionAt === undefined) return [];
  return [['To be destroyed', `not before ${deletionAt}`]];
}

function importPairs({ expiresAt, wrappingKeys }: Key): [string, string][] {
  return [
    ...(expiresAt === undefined ? [] : ([['Expires', expiresAt]] as [string, string][])),
    ...wrappingKeys.map(
      ({ wrappingAlgorithm, wrappingKeySpec, validTo, madeBy }): [string, string] => [
        'Wrapping key',
        `${wrappingKeySpec} for ${wrappingAlgorithm}, valid to ${validTo}, of ${madeBy}`,
      ],
    ),
  ];
}

function destructionPairs(key: DetailedKey): [string, string][] {
  const { destruction, certificate } = key;
  const certified: [string, string] = [
    'Certificate',
    `of destruction: holdfast keys certificate ${key.externalKeyId}`,
  ];
  return [
    ...(destruction === undefined ? [] : endPairs(destruction)),
    ...(certificate === undefined ? [] : [certified]),
  ];
}

function endPairs(destruction: NonNullable<Key['destruction']>): [string, string][] {
  const { askedAt, askedBy, destroyedAt, versions, masterKeyId } = destruction;
  const asked = askedAt === undefined ? '' : `, asked for at ${askedAt} by ${askedBy ?? 'unknown'}`;
  return [
    ['Destroyed', `${destroyedAt ?? 'under way'}${asked}`],
    ...versions.map(({ version, materialName }): [string, string] => [
      `Version ${String(version)}`,
      `material ${materialName}, destroyed`,
    ]),
    ...(masterKeyId === undefined
      ? []
      : ([['Was sealed under', `master key ${masterKeyId}`]] as [string, string][])),
  ];
}

function tagsText({ tags }: Key): string {
  const texts = Object.entries(tags).map(([name, value]) => `${name}=${value}`);
  return texts.join(', ') || 'none';
}

function createdText({ createdAt = 'unknown', createdBy }: Key): string {
  return createdBy === undefined ? createdAt : `${createdAt} by ${createdBy}`;
}

function rotationText({ rotation, nextRotationAt }: Key): string {
  if (rotation === undefined) return 'not by the calendar';
  const period =
    rotation.kind === 'days'
      ? `every ${String(rotation.days)} days`
      : `${rotation.kind}, ${rotation.timeZone}`;
  return nextRotationAt === undefined ? period : `${period}, next ${nextRotationAt}`;
}
