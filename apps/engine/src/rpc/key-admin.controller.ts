import { Controller, UseFilters, UseGuards } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type { EngineKeyReport } from '#protocol';
import { AllowedTo } from '../auth/access.js';
import { AuthGuard } from '../auth/auth.guard.js';
import { Succession } from '../keys/succession.js';
import { ErrorsFilter } from './errors.filter.js';

/** What `banyan-engine rotate` asks of a running engine. The keys themselves are in files: none goes over a socket. */
@Controller()
@UseGuards(AuthGuard)
@UseFilters(ErrorsFilter)
export class KeyAdminController {
  constructor(private readonly succession: Succession) {}

  @AllowedTo('admin')
  @GrpcMethod('AdminService', 'takeEngineKey')
  takeEngineKey(): Promise<EngineKeyReport> {
    return this.succession.take();
  }

  @AllowedTo('admin')
  @GrpcMethod('AdminService', 'forgetEngineKey')
  forgetEngineKey(): Promise<EngineKeyReport> {
    return this.succession.forget();
  }
}
