import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Metadata } from '@grpc/grpc-js';
import { Gate, type Connection } from '#channel';
import { BanyanError } from '#errors';
import { PUBLIC_KEY_HEADER } from '#protocol';
import { log } from '#log';
import { ControlTunnel } from '../tunnel/control-tunnel.js';
import { AuditLog } from '../audit/audit-log.js';
import { roleDenied } from '../audit/events.js';
import { RefusalCounts } from '../audit/refusal-counts.js';
import { WhitelistService } from '../whitelist/whitelist.service.js';
import { ACCESS, contextOf, type Access, type GatedCall, type RoleAccess } from './access.js';
import { Arrivals } from './arrivals.js';
import { decide, Refused, type HeaderAuth } from './decide.js';
import { denialOf } from './permit.js';
import { Strangers } from './strangers.js';

/** Injection token of the setting `engine.header_auth`. */
export const HEADER_AUTH = Symbol('header_auth');

/** What a call is for. */
interface Wanted {
  readonly role: RoleAccess | undefined;
  readonly rpc: string;
}

/** Lets a call pass when its RPC says so: see {@link Access}. Everything it decides is in `decide.ts`. */
@Injectable()
export class AuthGuard implements CanActivate {
  readonly #uid = process.getuid?.() ?? 0;

  constructor(
    private readonly reflector: Reflector,
    private readonly whitelist: WhitelistService,
    private readonly tunnel: ControlTunnel,
    private readonly gate: Gate,
    private readonly arrivals: Arrivals,
    private readonly refusalCounts: RefusalCounts,
    private readonly strangers: Strangers,
    private readonly audit: AuditLog,
    @Inject(HEADER_AUTH) private readonly headerAuth: HeaderAuth,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const access = this.reflector.get<Access | undefined>(ACCESS, context.getHandler());
    if (access === 'anyone') return true;
    const [, metadata, call] = context.getArgs<[unknown, Metadata, GatedCall]>();
    const caller = contextOf(call);
    const connection = caller.connection;
    if (!connection) throw new BanyanError('unavailable', 'the connection closed meanwhile');
    if (access === 'admin') {
      if (connection.path === 'admin') return true;
      throw new BanyanError('forbidden', 'this call is for the admin socket on the engine itself');
    }
    if (access === undefined) throw new BanyanError('forbidden', 'nobody may make this call');
    const role = access === 'client' ? undefined : access;
    const wanted = { role, rpc: context.getHandler().name };
    caller.name = this.#admit(connection, metadata.get(PUBLIC_KEY_HEADER), wanted);
    return true;
  }

  #admit(connection: Connection, header: readonly (string | Buffer)[], { role, rpc }: Wanted): string {
    let event: 'call.refused' | 'role.denied' = 'call.refused';
    try {
      const client = decide(
        { connection, header, ...(role === undefined ? {} : { role }) },
        {
          headerAuth: this.headerAuth,
          engineUid: this.#uid,
          tunnelGuarded: this.tunnel.guarded,
          whitelistRead: this.whitelist.wasRead,
          find: (keyText) => this.whitelist.snapshot.find(keyText),
          expired: (keyText) => this.whitelist.snapshot.expired(keyText),
        },
      );
      const { name, publicKey } = client;
      // The one place where a call is refused for the role of a key that is admitted.
      const denied = role === undefined ? undefined : denialOf(client, role);
      if (denied !== undefined) {
        event = 'role.denied';
        const address = connection.remoteAddress;
        this.audit.record(roleDenied({ name, role: client.role, rpc, address }));
        throw denied;
      }
      if (!connection.provenKey) this.#notePlain(connection, publicKey.text, name);
      if (!this.arrivals.has(connection)) this.gate.doorkeeper.admitted(connection, publicKey.text);
      this.arrivals.note(name, connection);
      return name;
    } catch (error) {
      if (error instanceof BanyanError) this.#noteRefusal(event, connection, error, role);
      this.gate.doorkeeper.refused(connection);
      throw error;
    }
  }

  #noteRefusal(
    event: 'call.refused' | 'role.denied',
    connection: Connection,
    error: BanyanError,
    role: RoleAccess | undefined,
  ): void {
    const { provenKey: publicKey, remoteAddress: address, path } = connection;
    const name = publicKey && this.whitelist.snapshot.find(publicKey.text)?.name;
    log.say(event, `${describe(connection)}: ${error.message}`, { name, address, path });
    this.refusalCounts.count(error instanceof Refused ? error.reason : error.kind);
    const isStranger = error instanceof Refused && error.reason === 'key not on the whitelist';
    if (publicKey && isStranger) this.strangers.note({ publicKey, address, path, role }, connection);
  }

  /** A plain connection acts for the keys it names, so revoking one ends it; and under `anywhere` it is a weakness to know of. */
  #notePlain(connection: Connection, keyText: string, name: string): void {
    if (this.gate.connections.claim(connection, keyText) && this.headerAuth === 'anywhere') {
      log.say(
        'client.unproven',
        `admitted by its header alone, from ${connection.remoteAddress}: header_auth is "anywhere"`,
        { name },
      );
    }
  }
}

/** The same text for every connection of one caller: ports change with each. */
function describe(connection: Connection): string {
  const key = connection.provenKey ? `, key ${connection.provenKey.fingerprint}` : ', plain';
  return `${connection.remoteAddress} (${connection.path}${key})`;
}
