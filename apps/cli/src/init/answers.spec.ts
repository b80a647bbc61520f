import { answers, type Known } from './answers.js';
import type { Ask } from './prompts.js';
import type { Question } from './question.js';

/** Answers by field, and fails on a question that nobody planned. */
class Somebody implements Ask {
  readonly asked: string[] = [];
  constructor(private readonly replies: Record<string, string>) {}

  value({ field }: Question): Promise<string> {
    this.asked.push(field);
    const reply = this.replies[field];
    return reply === undefined
      ? Promise.reject(new Error(`unplanned question: ${field}`))
      : Promise.resolve(reply);
  }

  confirm(): Promise<boolean> {
    return Promise.reject(new Error('unplanned confirmation'));
  }
}

const agent: Known = { role: 'agent', flags: {}, section: undefined };
const engine: Known = { role: 'engine', flags: {}, section: undefined };

describe('the settings that init writes', () => {
  it('are asked for on a terminal, in order', async () => {
    const somebody = new Somebody({ engine_host: 'h', engine_port: '1', engine_wg_public_key: '' });
    expect(await answers(agent, somebody)).toEqual({ engine_host: 'h', engine_port: '1' });
    expect(somebody.asked).toEqual(['engine_host', 'engine_port', 'engine_wg_public_key']);
  });

  it('come from flags first, which are then not asked for', async () => {
    const somebody = new Somebody({ engine_port: '1', engine_wg_public_key: '' });
    const given = await answers({ ...agent, flags: { 'engine-host': 'f' } }, somebody);
    expect(given).toEqual({ engine_host: 'f', engine_port: '1' });
  });

  it('are the defaults where nobody can be asked', async () => {
    expect(await answers({ ...agent, flags: { 'engine-host': 'f' } }, undefined)).toEqual({
      engine_host: 'f',
      engine_port: '50051',
    });
  });

  it('are left to a section that exists, also on a terminal', async () => {
    expect(await answers({ ...agent, section: { engine_host: 'h' } }, new Somebody({}))).toEqual({});
    expect(await answers({ ...engine, section: { grpc_port: '1' } }, new Somebody({}))).toEqual({});
  });

  it('are asked for where a section lacks what is needed', async () => {
    const somebody = new Somebody({ engine_host: 'h' });
    expect(await answers({ ...agent, section: { engine_port: '1' } }, somebody)).toEqual({
      engine_host: 'h',
    });
  });

  it('include the address of etcd only with etcd', async () => {
    expect(await answers(engine, undefined)).not.toHaveProperty('store_address');
    expect(await answers({ ...engine, flags: { 'store-backend': 'etcd' } }, undefined)).toMatchObject({
      store_address: 'http://127.0.0.1:2379',
    });
  });

  it('are refused as usage when a needed one is nowhere, naming the flag', async () => {
    await expect(answers(agent, undefined)).rejects.toMatchObject({
      remedy: 'banyan-agent init --engine-host VALUE',
    });
    await expect(answers({ ...agent, section: { engine_host: null } }, undefined)).rejects.toThrow(
      'engine_host',
    );
  });

  it('are refused as usage when a flag is wrong, before anything is asked', async () => {
    const somebody = new Somebody({});
    await expect(answers({ ...engine, flags: { 'store-backend': 'redis' } }, somebody)).rejects.toThrow(
      '--store-backend must be embedded or etcd',
    );
    expect(somebody.asked).toEqual([]);
  });
});
