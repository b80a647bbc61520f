import { isListenAddress, listenAddress } from './fields.js';

describe('an address to listen on', () => {
  it.each([
    ['127.0.0.1:9750', { host: '127.0.0.1', port: 9_750 }],
    ['[::1]:9750', { host: '::1', port: 9_750 }],
    ['10.200.0.1:1', { host: '10.200.0.1', port: 1 }],
  ])('is %s', (text, expected) => {
    expect(listenAddress(text)).toEqual(expected);
    expect(isListenAddress(text)).toBe(true);
  });

  it('may be off, which is none', () => {
    expect(isListenAddress('off')).toBe(true);
    expect(listenAddress('off')).toBeUndefined();
  });

  it.each([
    '',
    '9750',
    ':9750',
    'localhost:9750',
    '127.0.0.1',
    '127.0.0.1:0',
    '127.0.0.1:65536',
    '::1:9750',
    '[127.0.0.1]:9750',
    '127.0.0.1:9750 ',
    9_750,
    null,
  ])('is not %j', (value) => expect(isListenAddress(value)).toBe(false));
});
