import { Transform } from 'class-transformer';
import { registerDecorator } from 'class-validator/cjs/register-decorator.js';

/** A field that is absent or passes `check`; `expected` completes the sentence "… must be". */
export function Expect(expected: string, check: (value: unknown) => boolean): PropertyDecorator {
  return (target, property) =>
    registerDecorator({
      name: 'expect',
      target: target.constructor,
      propertyName: property as string,
      validator: {
        validate: (value: unknown) => value === undefined || check(value),
        defaultMessage: () => expected,
      },
    });
}

/** As {@link Expect}, read as a number where it is one: the file quotes ports, programs count with them. */
export function ExpectNumber(expected: string, check: (value: unknown) => boolean): PropertyDecorator {
  const expect = Expect(expected, check);
  const convert = Transform(({ value }: { value: unknown }) => (check(value) ? Number(value) : value));
  return (target, property) => {
    expect(target, property);
    convert(target, property);
  };
}
