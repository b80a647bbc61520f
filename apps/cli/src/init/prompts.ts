import { BanyanError } from '#errors';
import type { Question } from './question.js';

/** Somebody who can be asked. */
export interface Ask {
  value(question: Question): Promise<string>;
  confirm(message: string): Promise<boolean>;
}

/** The terminal, when there is one at both ends: `init` never waits for an answer that cannot come. */
export function terminal(): Ask | undefined {
  return process.stdin.isTTY && process.stdout.isTTY ? TERMINAL : undefined;
}

const TERMINAL: Ask = {
  async value(question) {
    const { input, select } = await import('@inquirer/prompts');
    const { message, choices, fallback } = question;
    if (choices !== undefined) {
      return unlessInterrupted(
        select({ message, choices, ...(fallback === undefined ? {} : { default: fallback }) }),
      );
    }
    const validate = (value: string): true | string => {
      if (value.trim() === '') return !question.needed || 'An answer is needed.';
      return question.check(value.trim()) || `This must be ${question.expected}.`;
    };
    const answer = await unlessInterrupted(
      input({ message, validate, ...(fallback === undefined ? {} : { default: fallback }) }),
    );
    return answer.trim();
  },
  async confirm(message) {
    const { confirm } = await import('@inquirer/prompts');
    return unlessInterrupted(confirm({ message, default: false }));
  },
};

async function unlessInterrupted<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Error && error.name === 'ExitPromptError') {
      throw new BanyanError('invalid', 'interrupted; nothing was changed');
    }
    throw error;
  }
}
