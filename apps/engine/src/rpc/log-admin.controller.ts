import { Controller, UseFilters, UseGuards } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import { logLevel } from '#log';
import type { LogLevelRequest, LogLevelResponse } from '#protocol';
import { AllowedTo } from '../auth/access.js';
import { AuthGuard } from '../auth/auth.guard.js';
import { ErrorsFilter } from './errors.filter.js';

/** What `banyan-engine log-level` asks. */
@Controller()
@UseGuards(AuthGuard)
@UseFilters(ErrorsFilter)
export class LogAdminController {
  @AllowedTo('admin')
  @GrpcMethod('AdminService', 'logLevel')
  logLevel({ level, forMs }: LogLevelRequest): LogLevelResponse {
    return logLevel.ask(level, forMs);
  }
}
