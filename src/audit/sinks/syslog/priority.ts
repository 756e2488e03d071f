/** @see RFC 5424, section 6.2.1, table 1 */
const FACILITIES = {
  auth: 4,
  authpriv: 10,
  audit: 13,
  local0: 16,
  local1: 17,
  local2: 18,
  local3: 19,
  local4: 20,
  local5: 21,
  local6: 22,
  local7: 23,
} as const;

/** @see RFC 5424, section 6.2.1, table 2 */
const WARNING = 4;
const NOTICE = 5;
const INFORMATIONAL = 6;

/** Types of records that tell of something that should not have happened. */
const ALARMING: ReadonlySet<string> = new Set([
  'recovery',
  'gap',
  'late-sync',
  'sink-gap',
  'abandoned',
]);
/** Types of records of what strangers do all day. */
const OF_STRANGERS: ReadonlySet<string> = new Set(['unauthenticated', 'omitted']);

/** What a facility is called in the configuration. */
export type FacilityName = keyof typeof FACILITIES;

/** Facilities that an audit log may be sent under. */
export const FACILITY_NAMES = [
  'audit',
  'auth',
  'authpriv',
  'local0',
  'local1',
  'local2',
  'local3',
  'local4',
  'local5',
  'local6',
  'local7',
] as const satisfies readonly FacilityName[];

/** Everything went well. */
export function quietPriority(facility: FacilityName): number {
  return FACILITIES[facility] * 8 + INFORMATIONAL;
}

/**
 * @param type of the record
 * @param isFailure whether what the record tells of was not done
 * @returns PRIVAL
 */
export function priorityOf(facility: FacilityName, type: string, isFailure: boolean): number {
  if (OF_STRANGERS.has(type)) return FACILITIES[facility] * 8 + NOTICE;
  if (isFailure || ALARMING.has(type)) return FACILITIES[facility] * 8 + WARNING;
  return quietPriority(facility);
}
