import { Transform } from 'class-transformer';
import { registerDecorator } from 'class-validator/cjs/register-decorator.js';

/** What a person has to know of a field: docs/configuration.md and banyan.yaml(5) are written from it. */
export interface FieldText {
  /** Completes "is", without a full stop at the end. In Markdown, code in backticks. */
  readonly means: string;
  /** What a change asks for besides a restart; sentences. */
  readonly change?: string;
  /** The default in words, where it is not one value. */
  readonly standard?: string;
}

/** What the shape keeps with each field, for {@link FieldText} to be read back. */
export interface FieldContext extends FieldText {
  readonly expected: string;
}

/** A field that is absent or passes `check`; `expected` completes the sentence "… must be". */
export function Expect(
  expected: string,
  check: (value: unknown) => boolean,
  text: FieldText,
): PropertyDecorator {
  return (target, property) =>
    registerDecorator({
      name: 'expect',
      target: target.constructor,
      propertyName: property as string,
      options: { context: { ...text, expected } satisfies FieldContext },
      validator: {
        validate: (value: unknown) => value === undefined || check(value),
        defaultMessage: () => expected,
      },
    });
}

/** As {@link Expect}, read as a number where it is one: the file quotes ports, programs count with them. */
export function ExpectNumber(
  expected: string,
  check: (value: unknown) => boolean,
  text: FieldText,
): PropertyDecorator {
  const expect = Expect(expected, check, text);
  const convert = Transform(({ value }: { value: unknown }) => (check(value) ? Number(value) : value));
  return (target, property) => {
    expect(target, property);
    convert(target, property);
  };
}
