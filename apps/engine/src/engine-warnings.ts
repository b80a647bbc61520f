import { Inject, Injectable } from '@nestjs/common';
import type { EngineSettings } from '#config';
import { AuditLog } from './audit/audit-log.js';
import { weaknesses } from './audit/weaknesses.js';
import { SETTINGS } from './settings.js';
import { LiveEngines } from './store/live/live-engines.js';
import { ControlTunnel } from './tunnel/control-tunnel.js';
import { WhitelistService } from './whitelist/whitelist.service.js';

/** What is not as it should be with this engine, in sentences for people. */
@Injectable()
export class EngineWarnings {
  constructor(
    @Inject(SETTINGS) private readonly settings: EngineSettings,
    private readonly tunnel: ControlTunnel,
    private readonly whitelist: WhitelistService,
    private readonly audit: AuditLog,
    private readonly live: LiveEngines,
  ) {}

  list(): string[] {
    const warnings = weaknesses(this.settings, []).map(({ why }) => why);
    if (this.tunnel.up && !this.tunnel.guarded) {
      warnings.push(
        'the firewall rules of wg-control are not in place: plain calls through the tunnel are refused',
      );
    }
    for (const error of [this.whitelist.recordError, this.whitelist.timeError, this.audit.failure])
      if (error !== undefined) warnings.push(error);
    return [...warnings, ...this.whitelist.warnings, ...this.live.warnings];
  }
}
