import { execFileSync } from 'node:child_process';

describe('The mode of V8 for little memory', () => {
  it('is there in this version of Node: one without it would ignore that it is asked for', () => {
    expect(execFileSync(process.execPath, ['--v8-options'], { encoding: 'utf8' })).toContain(
      '--memory-saver-mode',
    );
  });
});
