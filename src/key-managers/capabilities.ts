/** The acts on keys that a key manager may be able to do by itself. */
export const CAPABILITY_NAMES = [
  'create',
  'rotate',
  'disable',
  'import',
  'import-again',
  'import-further',
  'destroy-version',
  'destroy-key',
] as const;

/** An act on keys that a key manager may be able to do by itself. */
export type CapabilityName = (typeof CAPABILITY_NAMES)[number];

/** The word of a backend about an act: with a sentence about its limits, or what to do instead. */
export type Capability =
  | {
      readonly can: true;
      readonly limits?: string;
      /** For `destroy-version`: true where a version goes only after all that are older. */
      readonly oldestFirst?: true;
    }
  | { readonly can: false; readonly instead: string };

/** The acts that a backend can do, for documentation and refusals. */
export type Capabilities = Readonly<Record<CapabilityName, Capability>>;
