import { FIELD_CHANGES, HOW_FIELDS_CHANGE } from '../../src/configuration/changes/field-changes.js';

/** A table of how each field of the configuration changes while Holdfast runs. */
export function fieldChangesTable(): string {
  const rows = Object.entries(FIELD_CHANGES).map(
    ([field, { how, says }]) => `| \`${field}\` | ${HOW_FIELDS_CHANGE[how]} | ${says} |`,
  );
  return ['| Field | It changes | |', '| --- | --- | --- |', ...rows].join('\n');
}
