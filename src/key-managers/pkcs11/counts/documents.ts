import { z } from 'zod';
import { sharedCollection } from '../../../state/shared-collection.js';
import type { Collection, State } from '../../../state/state.js';
import { sixteenHexDigits, versionFields } from '../../counting/version-fields.js';

const folderId = z.string().regex(/^[0-9a-f]{32}$/);

const countedMaterialSchema = z.strictObject({
  externalKeyId: z.string(),
  version: versionFields.version,
  materialName: sixteenHexDigits,
  /** Time at which Holdfast created the material; absent for material created elsewhere. */
  createdAt: z.iso.datetime().optional(),
  /** The folders whose counts are in this one. */
  folders: z.array(folderId),
});

/**
 * Material whose count has begun in the state store. A counter that is not there although its
 * material has this document is an unknown count.
 */
export type CountedMaterialDocument = Readonly<z.infer<typeof countedMaterialSchema>>;

const adoptionSchema = z.strictObject({
  /** The number of replicas by which the limit was shared. */
  replicas: z.int().min(1),
  /** The replicas' folders whose counts are in the store. */
  folders: z.array(
    z.strictObject({ folder: folderId, replica: z.string(), adoptedAt: z.iso.datetime() }),
  ),
});

/** The folders of a key manager whose counts the state store has taken over. */
export type AdoptionDocument = Readonly<z.infer<typeof adoptionSchema>>;

const materialsIn = sharedCollection<CountedMaterialDocument>({
  name: 'counted-materials',
  newest: { number: 1, schema: countedMaterialSchema },
});

const adoptionsIn = sharedCollection<AdoptionDocument>({
  name: 'counter-adoptions',
  newest: { number: 1, schema: adoptionSchema },
});

/** The collections of counts, for all key managers of a state. */
export interface CountDocuments {
  /** By `<key manager>/<material name>`. */
  readonly materials: Collection<CountedMaterialDocument>;
  /** By the key manager's name. */
  readonly adoptions: Collection<AdoptionDocument>;
}

/** The collections of counts in a state. */
export function countDocumentsOf(state: State): CountDocuments {
  return { materials: materialsIn(state), adoptions: adoptionsIn(state) };
}
