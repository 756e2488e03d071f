/**
 * Length of an authentication tag of AES-GCM. To be given to every cipher object: without it Node
 * accepts tags that are cut to 4 bytes.
 */
export const TAG_BYTES = 16;
