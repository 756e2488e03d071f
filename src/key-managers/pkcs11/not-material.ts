/** The refusal of wrapped bytes, whatever is wrong with them: details would help an attacker. */
export const NOT_MATERIAL = 'the wrapped bytes do not open to 32 bytes of key material';
