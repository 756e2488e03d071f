/**
 * The largest event, row or line that is read, in characters: several times the 1 MB that an
 * enriched event can have, as text in a text.
 *
 * @see AWS CloudTrail User Guide, "Enrich CloudTrail events"
 */
export const MAX_CHARACTERS = 4 * 1024 * 1024;

/** Greatest depth of an event; CloudTrail's go to about twenty. */
export const MAX_DEPTH = 100;
