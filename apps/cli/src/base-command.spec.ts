import { jest } from '@jest/globals';
import type { Config } from '@oclif/core/config';
import { BanyanCommand } from './base-command.js';

class Warns extends BanyanCommand {
  protected readonly role = 'cli';

  override run(): Promise<void> {
    for (const sentence of ['a field is unknown', 'another', 'a field is unknown']) this.warning(sentence);
    return Promise.resolve();
  }
}

describe('a command', () => {
  it('gives a warning once, however often what it is about is read', async () => {
    const written: string[] = [];
    const write = jest.spyOn(process.stderr, 'write').mockImplementation((text) => {
      written.push(String(text));
      return true;
    });
    await new Warns([], {} as Config).run();
    write.mockRestore();
    expect(written.join('').split('\n')).toEqual(['Warning: a field is unknown', 'Warning: another', '']);
  });
});
