import { ValidationPipe, type ValidationError } from '@nestjs/common';
import { BanyanError } from '#errors';

/** Checks a payload against its class; the error names the field and what was expected, never the value. */
export const payloadValidation = new ValidationPipe({
  transform: true,
  validateCustomDecorators: false,
  exceptionFactory: (errors: ValidationError[]) => {
    const [first] = errors;
    const rule =
      Object.values(first?.constraints ?? {})[0] ?? `${first?.property ?? 'the request'} is not valid`;
    return new BanyanError('invalid', `the request is not valid: ${rule}`);
  },
});
