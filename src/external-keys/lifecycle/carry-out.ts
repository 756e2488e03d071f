import type { Intent } from '../record.js';
import { carryOutCreate } from './create-key.js';
import { carryOutDeleteMaterial } from './delete-material.js';
import { carryOutDestroy } from './destroy-key.js';
import { carryOutDestroyVersion } from './destroy-version.js';
import { carryOutImport } from './import-material.js';
import type { CarryOut } from './lifecycle-ports.js';
import { carryOutRotate } from './rotate-key.js';
import { carryOutSetEnabled } from './set-key-enabled.js';

/** The acts that change something at a key manager, by the name that an intent has. */
export const CARRY_OUT: Readonly<Record<Intent['act'], CarryOut>> = {
  create: carryOutCreate,
  rotate: carryOutRotate,
  'set-enabled': carryOutSetEnabled,
  import: carryOutImport,
  'delete-material': carryOutDeleteMaterial,
  destroy: carryOutDestroy,
  'destroy-version': carryOutDestroyVersion,
};
