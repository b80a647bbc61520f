import { RegisterRequest } from '#protocol';
import { checkReport } from './register-report.js';

const report = (said: Partial<RegisterRequest>): RegisterRequest => RegisterRequest.fromPartial(said);

describe('What an agent reports of itself', () => {
  it('may be nothing at all, as clients of other versions leave fields out', () => {
    expect(() => checkReport(report({}))).not.toThrow();
  });

  it.each<[string, Partial<RegisterRequest>]>([
    ['a name', { agentName: 'a'.repeat(63) }],
    ['tags', { tags: Array.from({ length: 32 }, () => 't'.repeat(63)) }],
    ['routes', { hostRoutes: Array.from({ length: 1_000 }, () => '100.100.100.100/32') }],
    ['a port', { wgPort: 65_535 }],
    ['a version of the protocol', { protocolVersion: 0xffff_ffff }],
    ['a token of any characters', { sessionToken: '\n'.repeat(1_024) }],
  ])('may be %s up to its bound', (_, said) => {
    expect(checkReport(report(said))).toEqual(report(said));
  });

  it.each<[keyof RegisterRequest, Partial<RegisterRequest>]>([
    ['agentName', { agentName: 'a'.repeat(64) }],
    ['agentName', { agentName: 'two words' }],
    ['apiAddress', { apiAddress: 'a'.repeat(256) }],
    ['sessionToken', { sessionToken: 'a'.repeat(1_025) }],
    ['tags', { tags: Array.from({ length: 33 }, () => 't') }],
    ['tags', { tags: ['fine', '\x1b[31m'] }],
    ['wgPublicKey', { wgPublicKey: 'k'.repeat(65) }],
    ['hostIp', { hostIp: '192.0.2.1\n' }],
    ['version', { version: 'ä' }],
    ['wgPort', { wgPort: 65_536 }],
    ['hostRoutes', { hostRoutes: Array.from({ length: 1_001 }, () => '10.0.0.0/8') }],
    ['hostRoutes', { hostRoutes: ['1'.repeat(19)] }],
    ['subnet', { subnet: '1'.repeat(19) }],
  ])(
    'is refused where %s is more than that, by the name of the field and without its value',
    (field, said) => {
      expect(() => checkReport(report(said))).toThrow(
        new RegExp(`^the request is not valid: ${field} must be [a-z0-9 ]+$`),
      );
    },
  );
});
