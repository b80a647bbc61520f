import { getMetadataStorage } from 'class-validator/cjs/metadata/MetadataStorage.js';
import type { FieldContext } from './expect.js';
import { ROLES, type Role } from './fields.js';
import { SECTIONS } from './sections.js';

/** One field of `banyan.yaml` as documents tell of it. */
export interface DescribedField extends FieldContext {
  readonly name: string;
  /** Whose sections have it, with this meaning and this default. */
  readonly roles: readonly Role[];
  /** As it would stand in the file, without quotes; absent: there is none. */
  readonly standard?: string;
}

/** Every field of the checked shapes; one that sections share is told once, and before those of one section. */
export function describedFields(): DescribedField[] {
  const fields: DescribedField[] = [];
  for (const role of ROLES) {
    for (const field of fieldsOfSection(role)) {
      const known = fields.findIndex(({ name, means }) => name === field.name && means === field.means);
      if (known < 0) fields.push(field);
      else fields[known] = { ...field, roles: [...fields[known]!.roles, role] };
    }
  }
  return fields.sort((one, other) => other.roles.length - one.roles.length);
}

function fieldsOfSection(role: Role): DescribedField[] {
  const defaults = new SECTIONS[role]() as unknown as Record<string, unknown>;
  const checks = getMetadataStorage().getTargetValidationMetadatas(SECTIONS[role], '', false, false);
  return checks.map(({ propertyName: name, context }) => {
    const value = defaults[name];
    const standard = typeof value === 'string' || value === undefined ? value : JSON.stringify(value);
    return {
      name,
      roles: [role],
      ...(standard === undefined ? {} : { standard }),
      ...(context as FieldContext),
    };
  });
}
