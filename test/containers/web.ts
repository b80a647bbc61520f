import type { Account } from '../lab/index.js';

/** The port of a web server that tells whoever asks by which address it knows them: `busybox httpd` with this script. */
export const WEB_PORT = 8080;
export const CALLER_SCRIPT = '#!/bin/sh\nprintf "Content-Type: text/plain\\r\\n\\r\\n%s\\n" "$REMOTE_ADDR"\n';

/** The command line of the server, whose `cgi-bin/caller` is the script. */
export function webServer(directory: string): string[] {
  return ['busybox', 'httpd', '-f', '-p', `0.0.0.0:${WEB_PORT}`, '-h', directory];
}

/** @returns the address by which the web server knows whoever runs this. */
export async function askWho(from: Account, address: string, port = WEB_PORT): Promise<string> {
  const url = `http://${address}:${port}/cgi-bin/caller`;
  // Its own time-out, `-T`, crashes it in Debian 12.
  const wget = ['busybox', 'timeout', '10', 'busybox', 'wget', '-q', '-O', '-', url];
  return (await from.output(wget)).trim();
}
