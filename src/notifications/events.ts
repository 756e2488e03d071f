import type { EventFieldName, EventFieldValue } from './event-fields.js';

/** The urgency of events: nobody need look, somebody in working hours, somebody now. */
export const SEVERITIES = ['info', 'warning', 'critical'] as const;

/** One of {@link SEVERITIES}. */
export type Severity = (typeof SEVERITIES)[number];

/** An entry of the list of events. */
interface EventDefinition {
  readonly severity: Severity;
  /** The event as one sentence. */
  readonly sentence: string;
  /** Fields that name what the event is about; the first ones of it, always there. */
  readonly subject: readonly EventFieldName[];
  /** Further fields that are always there. */
  readonly fields: readonly EventFieldName[];
  /** Fields that may be absent. */
  readonly optional: readonly EventFieldName[];
  /**
   * Fields beside the subject that tell apart what is told by itself. Of events that have all of
   * them in common the first one of a minute is told, and then the last with the number of them.
   * Absent where every event is told, because each says something new.
   */
  readonly thinnedBy?: readonly EventFieldName[];
}

const KEY = ['keyManager', 'externalKeyId'] as const;
const NODE = ['keyManager', 'node'] as const;

/** The list of events: everything that Holdfast tells people about. */
export const EVENTS = {
  'key-rotated': {
    severity: 'info',
    sentence: 'The key has a new version of its material, which encrypts from now on.',
    subject: KEY,
    fields: ['keyVersion', 'cause'],
    optional: ['by'],
  },
  'key-rotation-failed': {
    severity: 'critical',
    sentence: 'The key could not be rotated; its present version goes on encrypting.',
    subject: KEY,
    fields: ['cause', 'reason'],
    optional: ['by', 'keyVersion'],
    thinnedBy: [],
  },
  'key-expiring': {
    severity: 'warning',
    sentence: 'Imported key material expires soon; then the key cannot be used.',
    subject: KEY,
    fields: ['expiresAt', 'daysLeft'],
    optional: ['keyVersion'],
    thinnedBy: ['daysLeft'],
  },
  'key-expired': {
    severity: 'critical',
    sentence: 'Imported key material has expired; the key cannot be used until it is imported.',
    subject: KEY,
    fields: ['expiresAt'],
    optional: ['keyVersion'],
    thinnedBy: [],
  },
  'key-pending-deletion-used': {
    severity: 'critical',
    sentence: 'Somebody asked for a key that is pending deletion, and was refused.',
    subject: KEY,
    fields: ['keyStore', 'operation'],
    optional: [
      ...(['awsPrincipalArn', 'kmsOperation', 'kmsRequestId', 'kmsKeyArn'] as const),
      ...(['accessKeyId', 'deletionAt', 'keyVersion'] as const),
    ],
    thinnedBy: ['awsPrincipalArn'],
  },
  'key-destroyed': {
    severity: 'warning',
    sentence: 'Key material was destroyed; what it has encrypted cannot be decrypted any more.',
    subject: KEY,
    fields: ['extent', 'materialNames'],
    optional: ['keyVersion', 'by', 'certificate'],
  },
  'destroyed-key-appeared': {
    severity: 'critical',
    sentence:
      'Key material that was destroyed, or other material in its place, has appeared; it is not used.',
    subject: KEY,
    fields: [],
    optional: ['keyVersion', 'destroyedAt', 'materialNames'],
    thinnedBy: ['keyVersion'],
  },
  'destruction-not-proven': {
    severity: 'critical',
    sentence:
      'The audit log tells of a destruction that the state store does not know, and no signature proves it; nothing was done.',
    subject: KEY,
    fields: ['extent', 'reason'],
    optional: ['keyVersion', 'destroyedAt', 'materialNames'],
    thinnedBy: ['keyVersion', 'extent'],
  },
  'key-imported': {
    severity: 'info',
    sentence: 'Key material was imported.',
    subject: KEY,
    fields: ['keyVersion'],
    optional: ['by', 'expiresAt'],
  },
  'encryption-budget-low': {
    severity: 'warning',
    sentence: 'The version of the key that encrypts may not make many more encryptions.',
    subject: KEY,
    fields: ['keyVersion', 'encryptionsLeft', 'encryptionLimit'],
    optional: [],
    thinnedBy: ['keyVersion'],
  },
  'certificate-expiring': {
    severity: 'warning',
    sentence: 'A certificate of a listener expires soon, or has expired.',
    subject: ['listener'],
    fields: ['expiresAt', 'daysLeft'],
    optional: [],
    thinnedBy: ['daysLeft'],
  },
  'credential-expiring': {
    severity: 'warning',
    sentence: 'A credential with which AWS KMS signs expires soon, or has expired.',
    subject: ['keyStore', 'accessKeyId'],
    fields: ['expiresAt', 'daysLeft'],
    optional: [],
    thinnedBy: ['daysLeft'],
  },
  'node-down': {
    severity: 'critical',
    sentence: 'A node of a key manager is not healthy.',
    subject: NODE,
    fields: ['location', 'health'],
    optional: ['reason'],
    thinnedBy: [],
  },
  'node-up': {
    severity: 'info',
    sentence: 'A node of a key manager is healthy again.',
    subject: NODE,
    fields: ['location', 'health'],
    optional: ['reason'],
    thinnedBy: [],
  },
  'policy-error': {
    severity: 'critical',
    sentence: 'A policy could not be evaluated, so a request was denied.',
    subject: ['keyStore'],
    fields: ['policySet', 'reason'],
    optional: [],
    thinnedBy: [],
  },
  'break-glass-opened': {
    severity: 'critical',
    sentence: 'Policies of a key store are overruled for a while: what they deny is allowed.',
    subject: ['keyStore'],
    fields: ['reason', 'by', 'expiresAt'],
    optional: [],
  },
  'break-glass-closed': {
    severity: 'warning',
    sentence: 'Policies of a key store are in force again, before their time.',
    subject: ['keyStore'],
    fields: ['by'],
    optional: [],
  },
  'reload-failed': {
    severity: 'warning',
    sentence: 'Another configuration could not be put in force; the one before stays.',
    subject: ['file'],
    fields: ['trigger', 'reason'],
    optional: [],
    thinnedBy: ['trigger'],
  },
  'notifications-dropped': {
    severity: 'warning',
    sentence: 'Events were given up that a webhook should have got.',
    subject: ['webhook'],
    fields: ['count', 'reason'],
    optional: [],
  },
  'notification-test': {
    severity: 'info',
    sentence: 'An administrator asked for this event, to see whether it arrives.',
    subject: ['webhook'],
    fields: ['by'],
    optional: [],
  },
} as const satisfies Record<string, EventDefinition>;

/** The name of an event. */
export type EventName = keyof typeof EVENTS;

type Definition<Name extends EventName> = (typeof EVENTS)[Name];

type RequiredField<Name extends EventName> =
  | Definition<Name>['subject'][number]
  | Definition<Name>['fields'][number];

/** An event of one name, with its fields. */
export type EventOf<Name extends EventName> = { readonly event: Name } & {
  readonly [Field in RequiredField<Name>]: EventFieldValue<Field>;
} & {
  readonly [Field in Definition<Name>['optional'][number]]?: EventFieldValue<Field> | undefined;
};

/** Something that people are told: one of {@link EVENTS}, with its fields. */
export type HoldfastEvent = { [Name in EventName]: EventOf<Name> }[EventName];

/** The definition of an event, by its name. */
export function definitionOf(name: EventName): EventDefinition {
  return EVENTS[name];
}

/** The port through which the other parts tell people what has happened. */
export interface Tell {
  /**
   * Tells an event to the audit log, the log, the metrics and the webhooks. Never throws and never
   * waits: what cannot be told now is told later, or counted. Repetitions are thinned, so it may be
   * called from the way of a request.
   */
  tell(event: HoldfastEvent): void;
}
