export { awsSampleFormat } from './aws-sample.js';
export type { CiphertextFormat, CiphertextFormats } from './ciphertext-format.js';
export { HOLDFAST_FORMATS, holdfastFormat } from './holdfast.js';
