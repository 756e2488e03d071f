import { metadataBody } from '../client/bodies.js';
import { askMetadata, keyOf, SERVED } from '../calls.js';
import { CALL_FAILS, MALFORMED, TOO_STRICT, WRONG_ERROR } from '../explanations.js';
import { refusedAs, served } from '../judgement.js';
import type { Requirement, Section, Subject } from '../requirement.js';
import { demand, Remark } from '../verdict.js';

const MAX_USAGES = 10;

async function metadataOf(subject: Subject) {
  return served(await askMetadata(subject));
}

const answer: readonly Requirement[] = [
  {
    id: SERVED.metadata,
    level: 'MUST',
    text: 'GetKeyMetadata is served',
    after: SERVED.health,
    meaning: 'CreateKey fails, and KMS says of the external key what the proxy says.',
    advice:
      'Look at what was answered: KeyNotFoundException says that --key names no key of this key ' +
      'store. Else look into the log of the proxy.',
    check: async (subject) => {
      await metadataOf(subject);
      return undefined;
    },
  },
  {
    id: 'metadata.key-spec',
    level: 'MUST',
    text: 'keySpec is AES_256',
    after: SERVED.metadata,
    meaning: 'CreateKey fails with XksKeyInvalidConfigurationException.',
    advice: 'Answer AES_256 for a 256-bit AES key; KMS takes no other key.',
    check: async (subject) => {
      const { keySpec } = await metadataOf(subject);
      demand(keySpec === 'AES_256', `keySpec is ${JSON.stringify(keySpec)}`);
      return undefined;
    },
  },
  {
    id: 'metadata.key-usage',
    level: 'MUST',
    text: 'keyUsage is a list of strings with ENCRYPT and DECRYPT',
    after: SERVED.metadata,
    meaning: 'CreateKey fails with XksKeyInvalidConfigurationException.',
    advice: 'Give the key both usages, and name them in capitals.',
    check: async (subject) => {
      const { keyUsage } = await metadataOf(subject);
      const found = `keyUsage is ${JSON.stringify(keyUsage)}`;
      demand(Array.isArray(keyUsage), found);
      const usages: readonly unknown[] = keyUsage;
      demand(
        usages.every((usage) => typeof usage === 'string'),
        found,
      );
      demand(usages.includes('ENCRYPT') && usages.includes('DECRYPT'), found);
      return undefined;
    },
  },
  {
    id: 'metadata.key-usage-count',
    level: 'MUST',
    text: 'keyUsage has at most ten values',
    after: SERVED.metadata,
    ...MALFORMED,
    check: async (subject) => {
      const { keyUsage } = await metadataOf(subject);
      const count = Array.isArray(keyUsage) ? keyUsage.length : 0;
      demand(count <= MAX_USAGES, `keyUsage has ${count} values`);
      return `${count}`;
    },
  },
  {
    id: 'metadata.key-status',
    level: 'MUST',
    text: 'keyStatus is ENABLED or DISABLED',
    after: SERVED.metadata,
    ...MALFORMED,
    check: async (subject) => {
      const { keyStatus } = await metadataOf(subject);
      const found = `keyStatus is ${JSON.stringify(keyStatus)}`;
      demand(keyStatus === 'ENABLED' || keyStatus === 'DISABLED', found);
      if (keyStatus === 'DISABLED') throw new Remark(`${found}: CreateKey will refuse the key`);
      return found;
    },
  },
];

/** @see XKS Proxy API, section GetKeyMetadata */
export const getKeyMetadata: Section = {
  title: 'GetKeyMetadata',
  requirements: [
    ...answer,
    {
      id: 'metadata.later-fields',
      level: 'MUST',
      text: 'fields that KMS may add beside the metadata later are accepted',
      after: SERVED.metadata,
      ...TOO_STRICT,
      check: async (subject) => {
        const body = metadataBody({ later: { deeply: [{ nested: null }] } });
        served(await askMetadata(subject, body));
        return undefined;
      },
    },
    {
      id: 'metadata.repeated',
      level: 'MUST',
      text: 'asked again, the answer is the same',
      after: SERVED.metadata,
      ...CALL_FAILS,
      check: async (subject) => {
        const [first, second] = [await metadataOf(subject), await metadataOf(subject)];
        const [a, b] = [JSON.stringify(first), JSON.stringify(second)];
        demand(a === b, `answered ${a}, and then ${b}`);
        return undefined;
      },
    },
    {
      id: 'metadata.makes-no-key',
      level: 'MUST',
      text: 'asking for a key that does not exist makes none',
      after: SERVED.metadata,
      ...WRONG_ERROR,
      check: async (subject) => {
        for (let round = 0; round < 2; round += 1) {
          const reply = await askMetadata(subject, metadataBody(), 'holdfast-doctor-not-there-yet');
          refusedAs(reply, 'KeyNotFoundException');
        }
        return undefined;
      },
    },
    {
      id: 'metadata.whole-key-id',
      level: 'MUST',
      text: 'an external key id names one key: case and every character of it count',
      after: 'metadata.makes-no-key',
      meaning: 'Two KMS keys can be made of one external key, and a mistyped id names another key.',
      advice: 'Compare external key ids character by character.',
      check: async (subject) => {
        for (const id of neighboursOf(keyOf(subject))) {
          const reply = await askMetadata(subject, metadataBody(), id);
          refusedAs(reply, 'KeyNotFoundException', 'InvalidUriPathException');
        }
        return undefined;
      },
    },
  ],
};

/** Ids that differ from one by little. */
function neighboursOf(id: string): string[] {
  const other = [id.toUpperCase(), id.toLowerCase(), `${id}.`, id.slice(0, -1)];
  return [...new Set(other)].filter(
    (neighbour) =>
      neighbour !== id && /^[\w.-]{1,128}$/.test(neighbour) && !/^\.+$/.test(neighbour),
  );
}
