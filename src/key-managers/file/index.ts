export { fileBackend } from './definition.js';
