import { plainToInstance, type ClassConstructor } from 'class-transformer';
// By path, because the index of class-validator loads every validator there is, telephone numbers included:
// 110 ms, three times the start of Node, paid by every command that reads its settings.
import { getMetadataStorage } from 'class-validator/cjs/metadata/MetadataStorage.js';
import { Validator } from 'class-validator/cjs/validation/Validator.js';
import { BanyanError } from '#errors';
import { fieldError, shownName } from './place.js';
import type { Role } from './fields.js';
import { SECTIONS, type SectionOf } from './sections.js';

export type { SectionOf } from './sections.js';

/** A section whose fields have their types and defaults, and what is odd about it without being wrong. */
export interface CheckedSection<R extends Role> {
  readonly section: SectionOf<R>;
  readonly warnings: readonly string[];
}

/**
 * Checks one section as YAML gave it. Unknown fields are warnings: a newer or older Banyan may know them.
 *
 * @throws BanyanError `invalid` that names file, field and what was expected; never a value.
 */
export function checkSection<R extends Role>(role: R, value: unknown, path: string): CheckedSection<R> {
  const given = withoutNulls(asMapping(role, value, path));
  const shape = SECTIONS[role] as unknown as ClassConstructor<SectionOf<R>>;
  const section = plainToInstance(shape, given, { exposeDefaultValues: true });
  const warnings: string[] = [];
  const faults = new Validator().validateSync(section, { whitelist: true, forbidNonWhitelisted: true });
  for (const { property, constraints = {} } of faults) {
    const expected = constraints['expect'];
    if (expected !== undefined) {
      throw fieldError(
        path,
        role,
        property,
        `must be ${expected}`,
        `Correct ${property} in the section \`${role}\`.`,
      );
    }
    warnings.push(`${path}: section \`${role}\` has an unknown field, ${shownName(property)}; it is ignored`);
  }
  if (section.wg_private_key !== undefined && section.wg_private_key_file !== undefined) {
    throw new BanyanError('invalid', `${path}: ${role} has both wg_private_key and wg_private_key_file`, {
      remedy: 'Keep one of the two lines.',
    });
  }
  return { section, warnings };
}

/** The names of all fields that a section may have. */
export function fieldsOf(role: Role): readonly string[] {
  const checks = getMetadataStorage().getTargetValidationMetadatas(SECTIONS[role], '', false, false);
  return [...new Set(checks.map(({ propertyName }) => propertyName))];
}

/** @throws BanyanError `invalid` when the section is something else than fields with values. */
export function asMapping(role: Role, value: unknown, path: string): Record<string, unknown> {
  if (value === null || value === undefined) return {};
  if (typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new BanyanError('invalid', `${path}: ${role} must be a mapping of fields, as \`name: "value"\``, {
    remedy: `Write the fields of ${role} indented below it, one a line, with a space after each colon.`,
  });
}

/** `field:` with nothing after it is a field that was not given. */
function withoutNulls(given: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null));
}
