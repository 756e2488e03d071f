export { MIN_UNUSED_DAYS } from '../../external-keys/lifecycle/retire-version.js';
export { ROTATION_DAYS, WAITING_DAYS } from '../../external-keys/record.js';
